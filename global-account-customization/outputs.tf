output "host_policy_arn" {
  description = "The policy that owners attach to the users of hosts; null where this layer makes none."
  value       = one(aws_iam_policy.host[*].arn)
}

output "member_role_arn" {
  description = "The role that key-rotation assumes."
  value       = aws_iam_role.member.arn
}
