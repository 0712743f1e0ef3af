output "mode" {
  description = "Whether runs change anything: audit or enforce."
  value       = local.mode
}

output "periods" {
  description = "The ages in days at which a key is replaced, made inactive and deleted."
  value       = { rotation = var.rotation_period, inactive = var.inactive_period, deleted = local.inactive_buffer }
}

output "functions" {
  description = "The functions' names."
  value       = { for name, function in aws_lambda_function.function : name => function.function_name }
}

output "state_bucket" {
  description = "Where ledgers, results and templates are."
  value       = local.bucket
}

output "ack_bucket" {
  description = "Where hosts acknowledge; null where they do not."
  value       = var.ack_bucket
}

output "failed_events_queue_url" {
  description = "Where events are that Lambda or the scheduler gave up."
  value       = aws_sqs_queue.failed_events.id
}

output "central_secret_kms_key_arn" {
  description = "The key of secrets in this account, for central_secret_kms_key_arn of global-account-customization; null where there is none."
  value       = local.has_central_secrets ? local.secret_key_arn : null
}
