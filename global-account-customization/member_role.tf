data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  partition   = data.aws_partition.current.partition
  account     = data.aws_caller_identity.current.account_id
  external_id = coalesce(var.member_role_external_id, "keywheel-${var.primary_account_id}")
  users       = "arn:${local.partition}:iam::${local.account}:user/*"
  changed     = "arn:${local.partition}:iam::${local.account}:user${var.user_path}*"
  parameters  = var.parameter_prefix == null ? [] : concat(["${trimsuffix(var.parameter_prefix, "/")}/*"], [for name in var.adopted_parameter_names : startswith(name, "/") ? name : "/${name}"])
  secrets     = "arn:${local.partition}:secretsmanager:*:${local.account}:secret:Account_${local.account}_User_*_AccessKey*"
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "OneRoleOfTheHubAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.primary_account_id}:root"]
    }

    # By name and not by id, so that the role need not exist yet and may be made anew.
    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = ["arn:${local.partition}:iam::${var.primary_account_id}:role/${var.execution_role_name}"]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [local.external_id]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }
  }
}

data "aws_iam_policy_document" "member" {
  source_policy_documents = [data.aws_iam_policy_document.parameters.json]

  statement {
    sid     = "ListsUsers"
    actions = ["iam:GetAccountAuthorizationDetails"]
    # This action knows no resource.
    resources = ["*"]
  }

  statement {
    sid     = "ReadsTheCredentialReport"
    actions = ["iam:GenerateCredentialReport", "iam:GetCredentialReport"]
    # These actions know no resource.
    resources = ["*"]
  }

  statement {
    sid       = "LooksAtUsersAndKeys"
    actions   = ["iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys"]
    resources = [local.users]
  }

  statement {
    sid       = "ChangesKeys"
    actions   = ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:UpdateAccessKey"]
    resources = [local.changed]
  }

  dynamic "statement" {
    for_each = var.iam_exception_group == null ? [] : [var.iam_exception_group]

    content {
      sid       = "ReadsTheExemptionGroup"
      actions   = ["iam:GetGroup"]
      resources = ["arn:${local.partition}:iam::${local.account}:group/*${statement.value}"]
    }
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
    resources = [local.secrets]
  }

  # Never at once, and with the longest time in which it can be restored.
  statement {
    sid       = "SchedulesSecretsOfUsersWhoAreGone"
    actions   = ["secretsmanager:DeleteSecret"]
    resources = [local.secrets]

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

  dynamic "statement" {
    for_each = length(var.secret_replica_regions) == 0 ? [] : [local.secrets]

    content {
      sid       = "ReplicatesTheUsersSecrets"
      actions   = ["secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = length(var.secret_kms_key_arns) == 0 ? [] : [var.secret_kms_key_arns]

    content {
      sid       = "EncryptsSecrets"
      actions   = length(var.secret_replica_regions) == 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
      resources = statement.value

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["secretsmanager.*"]
      }
    }
  }
}

data "aws_iam_policy_document" "parameters" {
  dynamic "statement" {
    for_each = length(local.parameters) == 0 ? [] : [local.parameters]

    content {
      sid       = "KeepsTheUsersParameters"
      actions   = ["ssm:GetParameter", "ssm:PutParameter"]
      resources = [for name in statement.value : "arn:${local.partition}:ssm:*:${local.account}:parameter${name}"]
    }
  }

  # At once, for Parameter Store knows nothing else: months after the user, when the secret cannot be restored any more.
  dynamic "statement" {
    for_each = length(local.parameters) == 0 ? [] : [local.parameters]

    content {
      sid       = "DeletesParametersOfUsersWhoAreGone"
      actions   = ["ssm:DeleteParameter"]
      resources = [for name in statement.value : "arn:${local.partition}:ssm:*:${local.account}:parameter${name}"]
    }
  }

  dynamic "statement" {
    for_each = length(var.parameter_kms_key_arns) == 0 ? [] : [var.parameter_kms_key_arns]

    content {
      sid       = "EncryptsParameters"
      actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
      resources = statement.value

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["ssm.*"]
      }
    }
  }
}

resource "aws_iam_role" "member" {
  name                 = var.iam_role_name
  description          = "Keywheel's key-rotation looks after this account's access keys with it."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "member" {
  name   = "rotate-access-keys"
  role   = aws_iam_role.member.id
  policy = data.aws_iam_policy_document.member.json
}

# Whoever may add members to this group exempts them from rotation: watch for iam:AddUserToGroup on it.
resource "aws_iam_group" "exemption" {
  count = var.create_exemption_group && var.iam_exception_group != null ? 1 : 0

  name = var.iam_exception_group
}

# Who comes from the AFT sample keeps role and group: they are the same ones under other names in the code.
moved {
  from = aws_iam_role.this
  to   = aws_iam_role.member
}

moved {
  from = aws_iam_group.this
  to   = aws_iam_group.exemption[0]
}
