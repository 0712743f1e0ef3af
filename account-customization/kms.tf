locals {
  key_arn = var.kms_key_arn == null ? aws_kms_key.keywheel[0].arn : var.kms_key_arn
}

resource "aws_kms_key" "keywheel" {
  count = var.kms_key_arn == null ? 1 : 0

  description             = "Keywheel: state, templates, logs, failed events, alarms."
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json

  # A key that waits for its deletion decrypts nothing: no ledger could be read any more.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "keywheel" {
  count = var.kms_key_arn == null ? 1 : 0

  name          = "alias/keywheel"
  target_key_id = aws_kms_key.keywheel[0].key_id
}

# A key of one's own (kms_key_arn) needs these statements, too.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:In a key's policy "*" is that key, and the account's own policies decide who administers it
  #checkov:skip=CKV_AWS_111:In a key's policy "*" is that key
  #checkov:skip=CKV_AWS_356:In a key's policy "*" is that key

  statement {
    sid     = "TheAccountsPoliciesDecide"
    actions = ["kms:*"]
    # In a key's policy this is that key.
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "CloudWatchLogsEncrypts"
    actions   = ["kms:Decrypt*", "kms:DescribeKey", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.${data.aws_partition.current.dns_suffix}"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [for name in values(local.names) : "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${name}"]
    }
  }

  # Alarms and SES reach the encrypted topic only with a key that lets them.
  statement {
    sid       = "AlarmsAndMailEventsEncrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

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
