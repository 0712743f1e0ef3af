locals {
  has_central_secrets = var.store_secrets_in_central_account || var.secrets_were_in_central_account
  makes_secret_key    = local.has_central_secrets && var.central_secret_kms_key_arn == null
  secret_key_arn      = local.makes_secret_key ? aws_kms_key.secrets[0].arn : var.central_secret_kms_key_arn
  replicates          = trimspace(var.credential_replication_region) != ""

  # The alias is known before the key is made.
  secret_key_name     = local.makes_secret_key ? "alias/keywheel-secrets" : local.key_in_every_region
  key_in_every_region = local.replicates ? try(regex("mrk-[0-9a-f]+$", var.central_secret_kms_key_arn), var.central_secret_kms_key_arn) : var.central_secret_kms_key_arn
  central_secrets     = "arn:${local.partition}:secretsmanager:*:${local.account}:secret:Account_*_User_*_AccessKey*"

  secrets_environment = merge(
    var.store_secrets_in_central_account ? { SECRET_STORE = "central", SECRET_KMS_KEY_ID = local.secret_key_name } : {},
    var.secrets_were_in_central_account ? { SECRET_STORE_BEFORE = "central" } : {},
    { SECRET_REPLICA_REGIONS = var.credential_replication_region },
  )
}

# The key of secrets in this account. Users of other accounts decrypt with it: AWS's own key lets nobody else in.
resource "aws_kms_key" "secrets" {
  count = local.makes_secret_key ? 1 : 0

  description             = "Keywheel: the access keys of the organization's users."
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.secret_key.json

  # A key that waits for its deletion decrypts nothing: no user could read its new pair any more.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "secrets" {
  count = local.makes_secret_key ? 1 : 0

  name          = "alias/keywheel-secrets"
  target_key_id = aws_kms_key.secrets[0].key_id
}

# A key of one's own (central_secret_kms_key_arn) needs these statements, too.
data "aws_iam_policy_document" "secret_key" {
  #checkov:skip=CKV_AWS_109:In a key's policy "*" is that key, and the account's own policies decide who administers it
  #checkov:skip=CKV_AWS_111:In a key's policy "*" is that key
  #checkov:skip=CKV_AWS_283:The conditions leave the organization's principals, through Secrets Manager, with secrets of their own account
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

  # Through Secrets Manager alone, and each account's principals only what belongs to their account: the secret's own policy then names the user.
  statement {
    sid       = "UsersDecryptSecretsOfTheirAccount"
    actions   = ["kms:Decrypt"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }

    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["secretsmanager.*"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:SecretARN"
      values   = ["arn:${local.partition}:secretsmanager:*:${local.account}:secret:Account_$${aws:PrincipalAccount}_User_*"]
    }
  }
}
