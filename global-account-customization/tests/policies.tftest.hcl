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
  target = data.aws_caller_identity.current
  values = { account_id = "999900003333" }
}

variables {
  primary_account_id      = "999900001111"
  organization_id         = "o-fixtureorganization"
  iam_role_name           = "fixture-member-role"
  execution_role_name     = "key-rotation"
  member_role_external_id = "fixture-external-id"
  iam_exception_group     = "fixture-exemption-group"
  parameter_prefix        = "/keywheel/"
  secret_replica_regions  = ["eu-west-1"]
  ack_bucket              = "fixture-ack-bucket"

  central_secret_kms_key_arn = "arn:aws:kms:eu-central-1:999900001111:key/fixture-key"
}

run "policies" {
  command = plan
}
