output "delegation_statement" {
  description = "For organization_access = \"delegation\": merge this statement into the organization's delegation policy by hand. An organization has one such policy, and other teams may be in it, so it is never written from here."
  value = local.with_role ? null : jsonencode({
    Sid       = "KeywheelListsTheOrganization"
    Effect    = "Allow"
    Principal = { AWS = local.hub_root }
    Action    = local.organization_actions
    Resource  = "*"
    Condition = { ArnEquals = { "aws:PrincipalArn" = local.inventory_role_arn } }
  })
}

output "artifacts_json" {
  description = "What account-customization/artifacts.json must hold: `terraform output -raw artifacts_json > account-customization/artifacts.json`."
  value = jsonencode({
    architecture = var.architecture
    bucket       = aws_s3_bucket.artifacts.id
    functions = {
      for name, object in aws_s3_object.zip : name => {
        key           = object.key
        version       = object.version_id
        sha256_base64 = object.source_hash
      }
    }
  })
}

output "global_input_json" {
  description = "What global-account-customization/input.auto.tfvars.json must hold, at least."
  value = jsonencode({
    primary_account_id = var.hub_account_id
    organization_id    = data.aws_organizations_organization.current.id
  })
}

output "hub_input_json" {
  description = "What account-customization/input.auto.tfvars.json must hold besides your own choices."
  value = jsonencode({
    organization_id  = data.aws_organizations_organization.current.id
    org_list_account = data.aws_caller_identity.current.account_id
    org_list_role    = local.with_role ? var.org_list_role : ""
  })
}
