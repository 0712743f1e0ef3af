locals {
  alarm_topic     = "keywheel-alarms"
  own_topic_arn   = "arn:${local.partition}:sns:${local.region}:${local.account}:${local.alarm_topic}"
  alarm_topic_arn = var.alarm_topic_arn == null ? aws_sns_topic.alarms[0].arn : var.alarm_topic_arn

  # A day and the schedule's window, so that a night that starts late today and started early yesterday alarms nobody.
  day = var.no_run_hours == null ? 86400 + 3600 * (1 + ceil(var.schedule_window_minutes / 60)) : 3600 * var.no_run_hours

  # What key-rotation, account-inventory and notification count themselves: docs/metrics.md.
  own_alarms = {
    incomplete      = { metric = "RunsIncomplete", function = "key-rotation", says = "Runs of accounts ended before everything was looked at or done." }
    unreachable     = { metric = "AccountsUnreachable", function = "key-rotation", says = "The member role of accounts could not be assumed." }
    steps-failed    = { metric = "StepsFailed", function = "key-rotation", says = "Steps failed: a key was not made, published, made inactive or deleted." }
    keys-overdue    = { metric = "KeysOverdue", function = "key-rotation", says = "Keys wait for a step that was due more than a week ago." }
    hand-ons        = { metric = "HandOnsExhausted", function = "key-rotation", says = "The time of accounts' runs did not suffice; the rest waits for the next night." }
    not-invoked     = { metric = "AccountsFailed", function = "account-inventory", says = "Accounts could not be handed to key-rotation." }
    unanswered      = { metric = "AccountsUnanswered", function = "account-inventory", says = "Accounts were invoked and never answered, or the fan-out broke off." }
    run-going       = { metric = "RunsGoing", function = "account-inventory", says = "A run was accounted for while accounts could still answer, so nobody knows yet which never will." }
    departures      = { metric = "DeparturesFailed", function = "account-inventory", says = "What is left of accounts that left the organization could not be put away." }
    notices-failed  = { metric = "NoticesFailed", function = "notification", says = "Notices could not be sent." }
    notices-waiting = { metric = "NoticesDeferred", function = "notification", says = "Notices wait for a later run: the mailer's quota, rate, sandbox, or a permission." }
    own-templates   = { metric = "TemplatesEmbedded", function = "notification", says = "Mails were made from the function's own templates, because the bucket's were missing or broken." }
    digests-dropped = { metric = "DigestsFailed", function = "key-rotation", says = "Digests could not be handed to notification." }
    events-lost     = { metric = "EventsFailed", function = "key-rotation", says = "Events of completed steps could not be put on the bus, and will not be put later." }
    topic-untold    = { metric = "TopicMessagesFailed", function = "notification", says = "The topic for chat and tickets was not told of mails, and will not be." }
  }
}

check "somebody_gets_the_alarms" {
  assert {
    condition     = (var.alarm_topic_arn != null) != (length(var.alarm_emails) > 0)
    error_message = "Alarms reach nobody without alarm_emails or alarm_topic_arn. With alarm_topic_arn, alarm_emails is not used."
  }
}

resource "aws_sns_topic" "alarms" {
  count = var.alarm_topic_arn == null ? 1 : 0

  name              = local.alarm_topic
  kms_master_key_id = local.key_arn
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_topic_arn == null ? toset(var.alarm_emails) : toset([])

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = each.value
}

data "aws_iam_policy_document" "alarms" {
  count = var.alarm_topic_arn == null ? 1 : 0

  statement {
    sid       = "AlarmsAndMailEvents"
    actions   = ["sns:Publish"]
    resources = [local.own_topic_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "ses.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  count = var.alarm_topic_arn == null ? 1 : 0

  arn    = aws_sns_topic.alarms[0].arn
  policy = data.aws_iam_policy_document.alarms[0].json
}

resource "aws_cloudwatch_metric_alarm" "own" {
  for_each = local.own_alarms

  alarm_name          = "keywheel-${each.key}"
  alarm_description   = "${each.value.says} docs/troubleshooting.md says what to do. Which accounts: filter @message like '${each.value.metric}' in the log of ${local.names[each.value.function]}."
  namespace           = "Keywheel"
  metric_name         = each.value.metric
  dimensions          = { Function = each.value.function }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "no_run" {
  alarm_name          = "keywheel-no-run"
  alarm_description   = "account-inventory listed no accounts for more than a day: no key was looked at. docs/troubleshooting.md says what to do. After the first apply this stands until the first run: invoke ${var.inventory_lambda_name} once."
  namespace           = "Keywheel"
  metric_name         = "AccountsListed"
  dimensions          = { Function = "account-inventory" }
  statistic           = "Sum"
  period              = local.day
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  actions_enabled     = !var.stopped
  alarm_actions       = [local.alarm_topic_arn]
  ok_actions          = [local.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "failed_events" {
  alarm_name          = "keywheel-failed-events"
  alarm_description   = "Lambda or the scheduler gave up events; they are in the queue ${aws_sqs_queue.failed_events.name}."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failed_events.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "throttled" {
  for_each = local.names

  alarm_name          = "keywheel-${each.key}-throttled"
  alarm_description   = "Lambda throttled ${each.value} for an hour: events wait, for six hours at most. Raise the account's concurrency or lower FANOUT_CONCURRENCY."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = 900
  evaluation_periods  = 4
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "bounces" {
  for_each = toset(["Bounce", "Complaint"])

  alarm_name          = "keywheel-mail-${lower(each.value)}s"
  alarm_description   = "${each.value}s: owners were not reached. Correct their EMAIL tags or the accounts' addresses, before SES suspends sending."
  namespace           = "AWS/SES"
  metric_name         = each.value
  dimensions          = { "ses:configuration-set" = aws_sesv2_configuration_set.keywheel.configuration_set_name }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alarm_topic_arn]
}
