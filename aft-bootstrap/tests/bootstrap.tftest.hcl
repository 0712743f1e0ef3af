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
  values = { account_id = "111122223333" }
}

override_data {
  target = data.aws_organizations_organization.current
  values = { id = "o-a1b2c3d4e5" }
}

variables {
  hub_account_id = "222233334444"
  region         = "eu-central-1"
  package_folder = null
}

run "the_role_lists_and_does_nothing_else" {
  command = plan

  assert {
    condition     = length(aws_iam_role.organization_list) == 1 && output.delegation_statement == null
    error_message = "a role, and no delegation"
  }

  assert {
    condition     = alltrue([for action in jsondecode(aws_iam_role_policy.organization_list[0].policy).Statement[0].Action : can(regex("^organizations:(Describe|List)", action))])
    error_message = "it reads"
  }

  assert {
    condition = jsondecode(aws_iam_role.organization_list[0].assume_role_policy).Statement[0].Condition == {
      ArnEquals    = { "aws:PrincipalArn" = "arn:aws:iam::222233334444:role/keywheel-account-inventory" }
      StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" }
    }
    error_message = "one role of the hub assumes it"
  }

  assert {
    condition     = jsondecode(output.hub_input_json) == { organization_id = "o-a1b2c3d4e5", org_list_account = "111122223333", org_list_role = "keywheel-organization-list" }
    error_message = "the next layers' inputs are printed"
  }
}

run "for_a_delegation_the_statement_is_printed_and_nothing_made" {
  command = plan

  variables {
    organization_access = "delegation"
  }

  assert {
    condition     = length(aws_iam_role.organization_list) == 0 && jsondecode(output.delegation_statement).Principal == { AWS = "arn:aws:iam::222233334444:root" }
    error_message = "the statement is for merging by hand"
  }

  assert {
    condition     = jsondecode(output.hub_input_json).org_list_role == ""
    error_message = "the hub is told to use its own credentials"
  }
}

run "the_bucket_is_closed_and_only_the_hub_reads_it" {
  command = plan

  assert {
    condition     = aws_s3_bucket.artifacts.bucket == "keywheel-artifacts-222233334444-eu-central-1" && aws_s3_bucket_versioning.artifacts.versioning_configuration[0].status == "Enabled"
    error_message = "versioned"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.artifacts.block_public_policy && aws_s3_bucket_public_access_block.artifacts.restrict_public_buckets
    error_message = "closed"
  }

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.artifacts.policy).Statement : jsonencode(statement.Principal) if statement.Effect == "Allow"] == [jsonencode({ AWS = "arn:aws:iam::222233334444:root" })]
    error_message = "the hub alone"
  }
}

run "an_upload_is_a_new_version_of_one_object" {
  command = plan

  variables {
    package_folder = "tests/package"
    architecture   = "arm64"
  }

  assert {
    condition     = aws_s3_object.zip["notification"].key == "notification.zip"
    error_message = "another key would be a new object, and the old zips would be deleted with all their versions"
  }

  assert {
    condition     = aws_s3_object.zip["notification"].source_hash == filebase64sha256("tests/package/notification.zip") && aws_s3_object.zip["notification"].metadata["sha256"] == filesha256("tests/package/notification.zip") && aws_s3_object.zip["notification"].checksum_algorithm == "SHA256"
    error_message = "the hash that Lambda asks for"
  }
}

run "wrong_values_are_refused_by_name" {
  command = plan

  variables {
    hub_account_id      = "hub"
    region              = "Frankfurt"
    organization_access = "root"
    architecture        = "amd64"
  }

  expect_failures = [var.hub_account_id, var.region, var.organization_access, var.architecture]
}
