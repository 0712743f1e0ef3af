# The scheduler names the run, so that Lambda's retries go on with it and begin no other.
# Written out because jsonencode() would escape the angle brackets.
resource "aws_scheduler_schedule" "daily" {
  #checkov:skip=CKV_AWS_297:The input is an account's name; account-customization shows a key of one's own

  name                         = "keywheel"
  schedule_expression          = "cron(0 2 * * ? *)"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 30
  }

  target {
    arn      = aws_lambda_function.function["key-rotation"].arn
    role_arn = aws_iam_role.schedule.arn
    input    = "{\"account\":\"${local.account}\",\"name\":${jsonencode(var.account_name)},\"email\":${jsonencode(var.account_email)},\"run_id\":\"<aws.scheduler.execution-id>\"}"

    retry_policy {
      maximum_event_age_in_seconds = 21600
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = aws_sqs_queue.failed_events.arn
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}

resource "aws_sns_topic" "alarms" {
  name              = "keywheel-alarms"
  kms_master_key_id = var.alarm_kms_key_arn
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = toset(var.alarm_emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "failed_events" {
  alarm_name          = "keywheel-failed-events"
  alarm_description   = "Lambda or the scheduler gave up events; they are in the queue keywheel-failed-events."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failed_events.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "incomplete" {
  alarm_name          = "keywheel-incomplete"
  alarm_description   = "A run ended before everything was looked at or done. docs/troubleshooting.md says what to do."
  namespace           = "Keywheel"
  metric_name         = "RunsIncomplete"
  dimensions          = { Function = "key-rotation" }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
