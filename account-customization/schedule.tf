locals {
  failed_events     = "${var.rotation_lambda_name}-failed-events"
  failed_events_arn = "arn:${local.partition}:sqs:${local.region}:${local.account}:${local.failed_events}"
}

resource "aws_scheduler_schedule" "daily" {
  name                         = var.inventory_lambda_name
  description                  = "Starts Keywheel's account-inventory once a day."
  schedule_expression          = var.schedule_expression
  state                        = var.stopped ? "DISABLED" : "ENABLED"
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = local.key_arn

  flexible_time_window {
    mode                      = var.schedule_window_minutes == 0 ? "OFF" : "FLEXIBLE"
    maximum_window_in_minutes = var.schedule_window_minutes == 0 ? null : var.schedule_window_minutes
  }

  target {
    arn      = aws_lambda_function.function["account-inventory"].arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({})

    retry_policy {
      maximum_event_age_in_seconds = 21600
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = local.failed_events_arn
    }
  }

  depends_on = [aws_iam_role_policy.schedule, aws_sqs_queue.failed_events]
}

# Hours after the nightly run: every account is accounted for, and those that did not answer alarm.
resource "aws_scheduler_schedule" "finish" {
  # A schedule's name has 64 characters at most.
  name                         = "${substr(var.inventory_lambda_name, 0, 57)}-finish"
  description                  = "Has Keywheel's account-inventory account for every account of the latest run."
  schedule_expression          = var.finish_schedule_expression
  state                        = var.stopped || !var.finish_enabled ? "DISABLED" : "ENABLED"
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = local.key_arn

  # Earlier than that, accounts may still answer.
  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.function["account-inventory"].arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ finish = "latest" })

    retry_policy {
      maximum_event_age_in_seconds = 21600
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = local.failed_events_arn
    }
  }

  depends_on = [aws_iam_role_policy.schedule, aws_sqs_queue.failed_events]
}

data "aws_iam_policy_document" "schedule_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "schedule" {
  statement {
    sid       = "StartsAccountInventory"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.function_arns["account-inventory"]]
  }

  statement {
    sid       = "KeepsFailedStarts"
    actions   = ["sqs:SendMessage"]
    resources = [local.failed_events_arn]
  }

  statement {
    sid       = "UsesTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [local.key_arn]
  }
}

resource "aws_iam_role" "schedule" {
  name                 = var.schedule_role_name
  description          = "EventBridge Scheduler starts Keywheel's account-inventory with it."
  assume_role_policy   = data.aws_iam_policy_document.schedule_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "schedule" {
  name   = "start-account-inventory"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.schedule.json
}

# Events that Lambda or the scheduler gave up; an alarm tells of the first.
resource "aws_sqs_queue" "failed_events" {
  name                      = local.failed_events
  message_retention_seconds = 1209600
  kms_master_key_id         = local.key_arn
}

data "aws_iam_policy_document" "failed_events" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.failed_events_arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "failed_events" {
  queue_url = aws_sqs_queue.failed_events.id
  policy    = data.aws_iam_policy_document.failed_events.json
}
