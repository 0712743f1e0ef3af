data "aws_iam_policy_document" "trust" {
  for_each = toset(["lambda", "scheduler"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }

    # Lambda does not say for which account it asks.
    dynamic "condition" {
      for_each = each.key == "scheduler" ? [local.account] : []

      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.names

  name               = each.value
  assume_role_policy = data.aws_iam_policy_document.trust["lambda"].json
}

resource "aws_iam_role" "schedule" {
  name               = "keywheel-schedule"
  assume_role_policy = data.aws_iam_policy_document.trust["scheduler"].json
}

resource "aws_iam_role_policy" "function" {
  for_each = { key-rotation = data.aws_iam_policy_document.key_rotation.json, notification = data.aws_iam_policy_document.notification.json }

  name   = "calls"
  role   = aws_iam_role.function[each.key].id
  policy = each.value
}

resource "aws_iam_role_policy" "schedule" {
  name   = "start-key-rotation"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.schedule.json
}

data "aws_iam_policy_document" "platform" {
  for_each = local.names

  statement {
    sid       = "WritesItsLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  statement {
    sid       = "KeepsFailedEvents"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.failed_events.arn]
  }

  # Without it S3 answers 403 where an object is missing.
  statement {
    sid       = "TellsMissingFromDenied"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }
}

# The member role's permissions (global-account-customization/member_role.tf) and the function's own.
data "aws_iam_policy_document" "key_rotation" {
  source_policy_documents = [data.aws_iam_policy_document.platform["key-rotation"].json]

  statement {
    sid       = "ListsUsers"
    actions   = ["iam:GetAccountAuthorizationDetails"]
    resources = ["*"]
  }

  statement {
    sid     = "ReadsTheCredentialReport"
    actions = ["iam:GenerateCredentialReport", "iam:GetCredentialReport"]
    # These actions know no resource.
    resources = ["*"]
  }

  statement {
    sid = "LooksAfterKeys"
    actions = [
      "iam:CreateAccessKey",
      "iam:DeleteAccessKey",
      "iam:GetAccessKeyLastUsed",
      "iam:GetUser",
      "iam:ListAccessKeys",
      "iam:UpdateAccessKey",
    ]
    resources = ["arn:${local.partition}:iam::${local.account}:user/*"]
  }

  statement {
    sid = "KeepsTheUsersSecrets"
    actions = [
      "secretsmanager:CreateSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetResourcePolicy",
      "secretsmanager:GetSecretValue",
      "secretsmanager:ListSecretVersionIds",
      "secretsmanager:PutResourcePolicy",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = ["arn:${local.partition}:secretsmanager:*:${local.account}:secret:Account_${local.account}_User_*_AccessKey*"]
  }

  statement {
    sid       = "KeepsLedgersAndResults"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket_arn}/keywheel/ledger/*", "${local.bucket_arn}/keywheel/runs/*"]
  }

  statement {
    sid       = "ReadsWhatWasSent"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/keywheel/notices/*"]
  }

  statement {
    sid       = "InvokesNotificationAndItself"
    actions   = ["lambda:InvokeFunction"]
    resources = values(local.arns)
  }
}

data "aws_iam_policy_document" "notification" {
  source_policy_documents = [data.aws_iam_policy_document.platform["notification"].json]

  statement {
    sid       = "ReadsTemplates"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/templates/*"]
  }

  statement {
    sid       = "RecordsWhatWasSent"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket_arn}/keywheel/notices/*"]
  }

  statement {
    sid       = "SendsAsOneAddress"
    actions   = ["ses:SendEmail"]
    resources = ["arn:${local.partition}:ses:${var.region}:${local.account}:identity/*"]

    condition {
      test     = "StringEquals"
      variable = "ses:FromAddress"
      values   = [var.sender]
    }
  }
}

data "aws_iam_policy_document" "schedule" {
  statement {
    sid       = "StartsKeyRotation"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.arns["key-rotation"]]
  }

  statement {
    sid       = "KeepsFailedStarts"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.failed_events.arn]
  }
}
