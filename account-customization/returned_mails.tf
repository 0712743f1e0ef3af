# SES takes nearly every mail, and tells later which did not arrive: notification records that, and the next night tells somebody else.
resource "aws_sns_topic" "returned_mails" {
  count = var.mailer == "ses" ? 1 : 0

  name              = local.returned_mails_topic
  kms_master_key_id = local.key_arn
}

data "aws_iam_policy_document" "returned_mails" {
  count = var.mailer == "ses" ? 1 : 0

  statement {
    sid       = "MailEvents"
    actions   = ["sns:Publish"]
    resources = [local.returned_mails_arn]

    principals {
      type        = "Service"
      identifiers = ["ses.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sns_topic_policy" "returned_mails" {
  count = var.mailer == "ses" ? 1 : 0

  arn    = aws_sns_topic.returned_mails[0].arn
  policy = data.aws_iam_policy_document.returned_mails[0].json
}

resource "aws_sns_topic_subscription" "returned_mails" {
  count = var.mailer == "ses" ? 1 : 0

  topic_arn = aws_sns_topic.returned_mails[0].arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.function["notification"].arn
}

resource "aws_lambda_permission" "returned_mails" {
  count = var.mailer == "ses" ? 1 : 0

  statement_id   = "ReturnedMails"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.function["notification"].function_name
  principal      = "sns.amazonaws.com"
  source_arn     = aws_sns_topic.returned_mails[0].arn
  source_account = local.account
}

resource "aws_sesv2_configuration_set_event_destination" "returned_mails" {
  count = var.mailer == "ses" ? 1 : 0

  configuration_set_name = aws_sesv2_configuration_set.keywheel.configuration_set_name
  event_destination_name = "returned-mails"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "REJECT"]

    sns_destination {
      topic_arn = aws_sns_topic.returned_mails[0].arn
    }
  }

  depends_on = [aws_sns_topic_policy.returned_mails]
}

locals {
  returned_mails_topic = "keywheel-returned-mails"
  returned_mails_arn   = "arn:${local.partition}:sns:${local.region}:${local.account}:${local.returned_mails_topic}"
}
