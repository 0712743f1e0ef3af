locals {
  # account-inventory is told the same.
  does_housekeeping = try(trimspace(var.rotation_environment["HOUSEKEEPING_AFTER"]), "") != "none"
}

# What is put away of a user, by key-rotation when the user is gone and by account-inventory when the whole account left.
data "aws_iam_policy_document" "housekeeping" {
  # The bucket keeps versions: what is deleted can be had back for a month.
  dynamic "statement" {
    for_each = local.ack_buckets

    content {
      sid       = "ForgetsHosts"
      actions   = ["s3:DeleteObject"]
      resources = ["${local.ack_bucket_arn}/acks/*"]
    }
  }

  # Never at once, and with the longest time in which it can be restored.
  dynamic "statement" {
    for_each = local.has_central_secrets ? [local.central_secrets] : []

    content {
      sid       = "SchedulesCentralSecrets"
      actions   = ["secretsmanager:DeleteSecret"]
      resources = [statement.value]

      condition {
        test     = "BoolIfExists"
        variable = "secretsmanager:ForceDeleteWithoutRecovery"
        values   = ["false"]
      }

      condition {
        test     = "NumericGreaterThanEqualsIfExists"
        variable = "secretsmanager:RecoveryWindowInDays"
        values   = ["30"]
      }
    }
  }

  # A secret that has replicas cannot be scheduled.
  dynamic "statement" {
    for_each = local.has_central_secrets && local.replicates ? [local.central_secrets] : []

    content {
      sid       = "TakesReplicasAway"
      actions   = ["secretsmanager:RemoveRegionsFromReplication"]
      resources = [statement.value]
    }
  }
}

# What account-inventory needs besides, to know what is left of an account, and to put the rest of it away.
data "aws_iam_policy_document" "housekeeping_of_accounts" {
  source_policy_documents = [data.aws_iam_policy_document.housekeeping.json]

  statement {
    sid       = "NotesWhichAccountsLeft"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.state_arn}departed.json"]
  }

  # They say which secrets in the hub were an account's.
  statement {
    sid       = "ReadsLedgersOfAccountsThatLeft"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_arn}ledger/*"]
  }

  # The bucket keeps versions: what is deleted can be had back for a year.
  statement {
    sid       = "PutsAwayAccountsThatLeft"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.state_arn}ledger/*", "${local.state_arn}notices/????????????/*"]
  }

  dynamic "statement" {
    for_each = local.ack_buckets

    content {
      sid       = "ListsHosts"
      actions   = ["s3:ListBucket"]
      resources = [local.ack_bucket_arn]
    }
  }

  dynamic "statement" {
    for_each = local.has_central_secrets ? [local.central_secrets] : []

    content {
      sid       = "LooksAtCentralSecrets"
      actions   = ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"]
      resources = [statement.value]
    }
  }
}
