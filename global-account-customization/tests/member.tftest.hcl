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
  values = { account_id = "444455556666" }
}

variables {
  primary_account_id = "222233334444"
  organization_id    = "o-a1b2c3d4e5"
}

run "the_trust_names_one_role_of_the_hub_by_its_name" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.member.assume_role_policy).Statement[0].Principal == { AWS = "arn:aws:iam::222233334444:root" }
    error_message = "the principal is the hub's root, so that the role need not exist yet"
  }

  assert {
    condition = jsondecode(aws_iam_role.member.assume_role_policy).Statement[0].Condition == {
      ArnEquals    = { "aws:PrincipalArn" = "arn:aws:iam::222233334444:role/keywheel-key-rotation" }
      StringEquals = { "sts:ExternalId" = "keywheel-222233334444", "aws:PrincipalOrgID" = "o-a1b2c3d4e5" }
    }
    error_message = "one role, with the external id, from this organization"
  }
}

run "the_role_writes_no_policy_and_reaches_no_other_secret" {
  command = plan

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.member.policy).Statement : alltrue([for action in flatten([statement.Action]) : !strcontains(action, "*") && !can(regex("^iam:.*(Policy|Role|Profile)", action))])])
    error_message = "no pattern, and nothing that writes IAM's policies"
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.member.policy).Statement : statement.Resource if statement.Sid == "KeepsTheUsersSecrets"]) == "arn:aws:secretsmanager:*:444455556666:secret:Account_444455556666_User_*_AccessKey*"
    error_message = "the users' secrets and no others"
  }
}

run "only_keys_below_the_path_are_changed" {
  command = plan

  variables {
    user_path = "/service/"
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.member.policy).Statement : statement.Resource if statement.Sid == "ChangesKeys"]) == "arn:aws:iam::444455556666:user/service/*"
    error_message = "the path limits changes"
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.member.policy).Statement : statement.Resource if statement.Sid == "LooksAtUsersAndKeys"]) == "arn:aws:iam::444455556666:user/*"
    error_message = "all users are looked at"
  }
}

run "without_a_group_none_is_made_or_read" {
  command = plan

  variables {
    iam_exception_group = null
  }

  assert {
    condition     = length(aws_iam_group.exemption) == 0 && !strcontains(aws_iam_role_policy.member.policy, "iam:GetGroup")
    error_message = "no group"
  }
}

run "a_group_that_something_else_makes_is_read_and_not_made" {
  command = plan

  variables {
    create_exemption_group = false
  }

  assert {
    condition     = length(aws_iam_group.exemption) == 0 && strcontains(aws_iam_role_policy.member.policy, "iam:GetGroup")
    error_message = "read, not made"
  }
}

run "a_key_of_the_accounts_own_is_used_for_secrets_alone" {
  command = plan

  variables {
    secret_kms_key_arns = ["arn:aws:kms:eu-central-1:444455556666:key/11111111-2222-3333-4444-555555555555"]
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.member.policy).Statement : statement.Condition if statement.Sid == "EncryptsSecrets"]) == { StringLike = { "kms:ViaService" = "secretsmanager.*" } }
    error_message = "through Secrets Manager alone"
  }
}

# What a team has in its file for the AFT sample.
run "a_file_of_the_sample_plans_as_it_is" {
  command = plan

  variables {
    iam_role_name       = "asa-iam-key-rotation-lambda-assumed-role"
    execution_role_name = "asa-iam-key-rotation-lambda-execution-role"
    iam_exception_group = "IAMKeyRotationExemptionGroup"
    primary_account_id  = "222233334444"
    org_list_role       = "asa-iam-key-rotation-list-accounts-role"
  }

  assert {
    condition     = aws_iam_role.member.name == "asa-iam-key-rotation-lambda-assumed-role"
    error_message = "the sample's names go on"
  }
}

run "wrong_values_are_refused_by_name" {
  command = plan

  variables {
    primary_account_id      = "12"
    organization_id         = "r-1"
    user_path               = "service"
    member_role_external_id = "x"
    iam_role_name           = "a/b"
  }

  expect_failures = [var.primary_account_id, var.organization_id, var.user_path, var.member_role_external_id, var.iam_role_name]
}
