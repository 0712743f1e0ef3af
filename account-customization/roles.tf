locals {
  organization_list_role_arn = var.org_list_role == "" ? null : "arn:${local.partition}:iam::${coalesce(var.org_list_account, "000000000000")}:role/${var.org_list_role}"
  member_role_arns           = "arn:${local.partition}:iam::*:role/${var.iam_role_name}"
  function_arns              = { for name, function in local.names : name => "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${function}" }
  state_arn                  = "${local.bucket_arn}/${local.state_prefix}"

  named_bus_arn = startswith(var.event_bus, "arn:") ? var.event_bus : "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/${var.event_bus}"
  event_bus_arn = var.event_bus == "" ? null : local.named_bus_arn

  role_names = {
    account-inventory = var.inventory_execution_role_name
    key-rotation      = var.execution_role_name
    notification      = var.notifier_execution_role
  }

  policies = {
    account-inventory = data.aws_iam_policy_document.account_inventory.json
    key-rotation      = data.aws_iam_policy_document.key_rotation.json
    notification      = data.aws_iam_policy_document.notification.json
  }
}

data "aws_iam_policy_document" "lambda_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.role_names

  name                 = each.value
  description          = local.descriptions[each.key]
  assume_role_policy   = data.aws_iam_policy_document.lambda_trust.json
  permissions_boundary = var.permissions_boundary_arn

  lifecycle {
    precondition {
      condition     = !(var.secrets_were_in_central_account && var.store_secrets_in_central_account)
      error_message = "secrets_were_in_central_account is for deployments that have moved back: only one of it and store_secrets_in_central_account can be true."
    }

    precondition {
      condition     = var.org_list_role == "" || var.org_list_account != null
      error_message = "org_list_account must name the management account, in which the role ${var.org_list_role} is; or set org_list_role = \"\" where this account may list the organization itself."
    }
  }
}

# What the function itself calls.
resource "aws_iam_role_policy" "function" {
  for_each = local.role_names

  name   = "calls"
  role   = aws_iam_role.function[each.key].id
  policy = local.policies[each.key]
}

# What Lambda does in the function's name: its log, its dead events, its network.
resource "aws_iam_role_policy" "platform" {
  for_each = local.role_names

  name   = "platform"
  role   = aws_iam_role.function[each.key].id
  policy = data.aws_iam_policy_document.platform[each.key].json
}

data "aws_iam_policy_document" "platform" {
  for_each = local.names

  statement {
    sid       = "WritesItsLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${each.value}:*"]
  }

  statement {
    sid       = "KeepsFailedEvents"
    actions   = ["sqs:SendMessage"]
    resources = [local.failed_events_arn]
  }

  statement {
    sid       = "UsesTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [local.key_arn]
  }

  dynamic "statement" {
    for_each = var.xray_tracing ? [1] : []

    content {
      sid     = "SendsTraces"
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # Neither action knows a resource:
      # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = var.run_lambda_in_vpc ? [1] : []

    content {
      sid = "JoinsTheNetwork"
      actions = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      # Lambda checks these permissions without naming a resource:
      # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
      resources = ["*"]
    }
  }
}

data "aws_iam_policy_document" "account_inventory" {
  source_policy_documents = local.does_housekeeping ? [data.aws_iam_policy_document.housekeeping_of_accounts.json] : []

  dynamic "statement" {
    for_each = local.organization_list_role_arn == null ? [] : [local.organization_list_role_arn]

    content {
      sid       = "AssumesTheOrganizationListRole"
      actions   = ["sts:AssumeRole"]
      resources = [statement.value]
    }
  }

  # The delegation policy of the organization grants the same to this role.
  dynamic "statement" {
    for_each = local.organization_list_role_arn == null ? [1] : []

    content {
      sid = "ListsTheOrganization"
      actions = [
        "organizations:DescribeOrganization",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
      ]
      # Most of these actions know no resource.
      resources = ["*"]
    }
  }

  statement {
    sid       = "InvokesKeyRotationAndItself"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.function_arns["key-rotation"], local.function_arns["account-inventory"]]
  }

  statement {
    sid       = "KeepsRuns"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.state_arn}runs/*"]
  }

  # Without it S3 answers 403 where an object is missing. And the results of a run, and the ledgers, are listed.
  statement {
    sid       = "TellsMissingFromDenied"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }
}

data "aws_iam_policy_document" "key_rotation" {
  source_policy_documents = local.does_housekeeping ? [data.aws_iam_policy_document.housekeeping.json] : []

  statement {
    sid       = "AssumesTheMemberRole"
    actions   = ["sts:AssumeRole"]
    resources = [local.member_role_arns]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceOrgID"
      values   = [var.organization_id]
    }
  }

  statement {
    sid       = "KeepsLedgersAndResults"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.state_arn}ledger/*", "${local.state_arn}runs/*"]
  }

  statement {
    sid       = "ReadsWhatWasSent"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_arn}notices/*"]
  }

  # No function may write them: whose key is in the one can read new pairs, and the other says which parameters are overwritten.
  statement {
    sid       = "ReadsLists"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_arn}parameters.json", "${local.state_arn}recipients.json"]
  }

  # Without it S3 answers 403 where an object is missing.
  statement {
    sid       = "TellsMissingFromDenied"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
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
    for_each = local.ack_buckets

    content {
      sid       = "ReadsAcknowledgements"
      actions   = ["s3:GetObject"]
      resources = ["${local.ack_bucket_arn}/acks/*"]
    }
  }

  statement {
    sid       = "InvokesNotificationAndItself"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.function_arns["notification"], local.function_arns["key-rotation"]]
  }

  dynamic "statement" {
    for_each = local.has_central_secrets ? [local.central_secrets] : []

    content {
      sid = "KeepsCentralSecrets"
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
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.store_secrets_in_central_account && local.replicates ? [local.central_secrets] : []

    content {
      sid       = "ReplicatesCentralSecrets"
      actions   = ["secretsmanager:ReplicateSecretToRegions"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.has_central_secrets ? [local.secret_key_arn] : []

    content {
      sid       = "EncryptsCentralSecrets"
      actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
      resources = local.replicates ? concat([statement.value], var.replica_secret_kms_key_arns) : [statement.value]

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["secretsmanager.*"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.event_bus_arn == null ? [] : [local.event_bus_arn]

    content {
      sid       = "TellsMachines"
      actions   = ["events:PutEvents"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "notification" {
  statement {
    sid       = "ReadsTemplates"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/${local.template_prefix}*"]
  }

  statement {
    sid       = "RecordsWhatWasSent"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.state_arn}notices/*"]
  }

  # Without it S3 answers 403 where an object is missing.
  statement {
    sid       = "TellsMissingFromDenied"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  dynamic "statement" {
    for_each = var.notice_topic_arn == null ? [] : [var.notice_topic_arn]

    content {
      sid       = "TellsTheTopic"
      actions   = ["sns:Publish"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = length(local.parameter_arns) > 0 ? [local.parameter_arns] : []

    content {
      sid       = "ReadsTheMailersParameter"
      actions   = ["ssm:GetParameter"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.mailer_secret_arns) > 0 ? [local.mailer_secret_arns] : []

    content {
      sid       = "ReadsTheMailersSecret"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  # SES knows no resource for GetAccount.
  dynamic "statement" {
    for_each = var.mailer == "ses" ? ["*"] : []

    content {
      sid       = "AsksForTheQuota"
      actions   = ["ses:GetAccount"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.mailer == "ses" ? [var.admin_email_address] : []

    content {
      sid       = "SendsAsOneAddress"
      actions   = ["ses:SendEmail"]
      resources = ["arn:${local.partition}:ses:${local.region}:${local.account}:identity/*", "arn:${local.partition}:ses:${local.region}:${local.account}:configuration-set/*"]

      condition {
        test     = "StringEquals"
        variable = "ses:FromAddress"
        values   = [statement.value]
      }
    }
  }
}
