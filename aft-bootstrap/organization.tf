data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_organizations_organization" "current" {}

locals {
  with_role = var.organization_access == "role"

  # Everything that account-inventory asks of AWS Organizations.
  organization_actions = [
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
  ]

  hub_root           = "arn:${data.aws_partition.current.partition}:iam::${var.hub_account_id}:root"
  inventory_role_arn = "arn:${data.aws_partition.current.partition}:iam::${var.hub_account_id}:role/${var.inventory_execution_role_name}"
}

data "aws_iam_policy_document" "organization_list_trust" {
  statement {
    sid     = "OneRoleOfTheHubAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [local.hub_root]
    }

    # By name and not by id, so that the role need not exist yet and may be made anew.
    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [local.inventory_role_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [data.aws_organizations_organization.current.id]
    }
  }
}

data "aws_iam_policy_document" "organization_list" {
  statement {
    sid     = "ListsTheOrganization"
    actions = local.organization_actions
    # Most of these actions know no resource.
    resources = ["*"]
  }
}

resource "aws_iam_role" "organization_list" {
  count = local.with_role ? 1 : 0

  name                 = var.org_list_role
  description          = "Keywheel's account-inventory lists the organization with it."
  assume_role_policy   = data.aws_iam_policy_document.organization_list_trust.json
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "organization_list" {
  count = local.with_role ? 1 : 0

  name   = "list-the-organization"
  role   = aws_iam_role.organization_list[0].id
  policy = data.aws_iam_policy_document.organization_list.json
}
