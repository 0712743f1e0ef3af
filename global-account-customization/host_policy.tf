locals {
  own_secret     = "secret:Account_${local.account}_User_$${aws:username}_AccessKey-??????"
  own_parameter  = "parameter${coalesce(var.parameter_prefix, "/")}${local.account}/$${aws:username}"
  secret_holders = var.central_secret_kms_key_arn == null ? [local.account] : [local.account, var.primary_account_id]
}

# What a host may do with its user's key: fetch the user's own secret and parameter, and acknowledge. The policy variable is the name of the user
# who asks. Where the name has a character that secrets or parameters spell otherwise (docs/parameters.md), the variable matches nothing of theirs.
data "aws_iam_policy_document" "host" {
  statement {
    sid       = "ReadsItsOwnSecret"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = [for holder in local.secret_holders : "arn:${local.partition}:secretsmanager:*:${holder}:${local.own_secret}"]
  }

  dynamic "statement" {
    for_each = var.parameter_prefix == null ? [] : [local.own_parameter]

    content {
      sid       = "ReadsItsOwnParameter"
      actions   = ["ssm:GetParameter"]
      resources = ["arn:${local.partition}:ssm:*:${local.account}:${statement.value}"]

      # A user who is called alice_.aexample.com would read the parameter of alice@example.com, which is spelt so.
      condition {
        test     = "StringNotLike"
        variable = "aws:username"
        values   = ["*_.*"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.ack_bucket == null ? [] : [var.ack_bucket]

    content {
      sid       = "Acknowledges"
      actions   = ["s3:PutObject"]
      resources = ["arn:${local.partition}:s3:::${statement.value}/acks/${local.account}/$${aws:username}/*"]
    }
  }

  dynamic "statement" {
    for_each = local.host_keys

    content {
      sid       = statement.key
      actions   = ["kms:Decrypt"]
      resources = statement.value.arns

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = [statement.value.service]
      }
    }
  }
}

locals {
  secret_key_arns = concat(var.secret_kms_key_arns, var.central_secret_kms_key_arn == null ? [] : [var.central_secret_kms_key_arn])
  host_keys = { for sid, keys in {
    DecryptsItsSecret    = { arns = local.secret_key_arns, service = "secretsmanager.*" }
    DecryptsItsParameter = { arns = var.parameter_kms_key_arns, service = "ssm.*" }
  } : sid => keys if length(keys.arns) > 0 }
}

# Owners attach it to users. Keywheel itself writes no policy and attaches none.
resource "aws_iam_policy" "host" {
  count = var.create_host_policy ? 1 : 0

  name        = "keywheel-host"
  description = "A host reads its user's own secret and parameter, and acknowledges."
  policy      = data.aws_iam_policy_document.host.json
}
