output "member_role_arn" {
  description = "The role that key-rotation assumes."
  value       = aws_iam_role.member.arn
}
