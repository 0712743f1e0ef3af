resource "aws_cloudwatch_log_group" "function" {
  for_each = local.names

  name              = "/aws/lambda/${each.value}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
}
