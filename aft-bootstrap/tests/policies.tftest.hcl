# The plan from which `cargo xtask test` renders the policies in crates/stage/policies/. What differs from place to place has
# values here that occur nowhere else: xtask/src/terraform/policies.rs puts placeholders in their place.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_organizations_organization.current
  values = { id = "o-fixtureorganization" }
}

variables {
  package_folder                = null
  hub_account_id                = "999900001111"
  region                        = "eu-central-1"
  org_list_role                 = "fixture-organization-list-role"
  inventory_execution_role_name = "account-inventory"
}

run "policies" {
  command = plan
}
