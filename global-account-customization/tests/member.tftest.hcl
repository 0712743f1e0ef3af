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

run "no_parameter_is_read_or_written_unless_a_prefix_is_named" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.member.policy, "ssm:")
    error_message = "no permission on parameters"
  }
}

run "parameters_below_the_prefix_and_adopted_ones_alone" {
  command = plan

  variables {
    parameter_prefix        = "/keywheel/"
    adopted_parameter_names = ["param-test", "/team/backup"]
    parameter_kms_key_arns  = ["arn:aws:kms:eu-central-1:444455556666:key/11111111-2222-3333-4444-555555555555"]
  }

  assert {
    condition = sort(one([for statement in jsondecode(aws_iam_role_policy.member.policy).Statement : statement.Resource if statement.Sid == "KeepsTheUsersParameters"])) == tolist([
      "arn:aws:ssm:*:444455556666:parameter/keywheel/*",
      "arn:aws:ssm:*:444455556666:parameter/param-test",
      "arn:aws:ssm:*:444455556666:parameter/team/backup",
    ])
    error_message = "these and no others"
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.member.policy).Statement : statement.Condition if statement.Sid == "EncryptsParameters"]) == { StringLike = { "kms:ViaService" = "ssm.*" } }
    error_message = "through Systems Manager alone"
  }
}

run "a_host_reaches_what_is_its_users_own_and_nothing_else" {
  command = plan

  variables {
    parameter_prefix = "/keywheel/"
    ack_bucket       = "keywheel-acks"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.host[0].policy).Statement : statement.Sid => statement.Resource } == {
      ReadsItsOwnSecret    = "arn:aws:secretsmanager:*:444455556666:secret:Account_444455556666_User_$${aws:username}_AccessKey-??????"
      ReadsItsOwnParameter = "arn:aws:ssm:*:444455556666:parameter/keywheel/444455556666/$${aws:username}"
      Acknowledges         = "arn:aws:s3:::keywheel-acks/acks/444455556666/$${aws:username}/*"
    }
    error_message = "each by the name of the user who asks"
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_policy.host[0].policy).Statement : statement.Condition if statement.Sid == "ReadsItsOwnParameter"]) == { StringNotLike = { "aws:username" = "*_.*" } }
    error_message = "no user who is called as another's parameter is spelt"
  }
}

run "a_host_decrypts_through_the_services_alone_and_reads_a_central_secret" {
  command = plan

  variables {
    secret_kms_key_arns        = ["arn:aws:kms:eu-central-1:444455556666:key/11111111-2222-3333-4444-555555555555"]
    central_secret_kms_key_arn = "arn:aws:kms:eu-central-1:222233334444:key/66666666-7777-8888-9999-000000000000"
  }

  assert {
    condition     = one([for statement in jsondecode(aws_iam_policy.host[0].policy).Statement : statement.Condition if statement.Sid == "DecryptsItsSecret"]) == { StringLike = { "kms:ViaService" = "secretsmanager.*" } }
    error_message = "through Secrets Manager alone"
  }

  assert {
    condition     = contains(one([for statement in jsondecode(aws_iam_policy.host[0].policy).Statement : statement.Resource if statement.Sid == "ReadsItsOwnSecret"]), "arn:aws:secretsmanager:*:222233334444:secret:Account_444455556666_User_$${aws:username}_AccessKey-??????")
    error_message = "the user's own secret in the hub"
  }

  assert {
    condition     = !strcontains(aws_iam_policy.host[0].policy, "ssm:") && !strcontains(aws_iam_policy.host[0].policy, "s3:")
    error_message = "no parameters and no bucket unless they are named"
  }
}

run "no_host_policy_where_none_is_wanted" {
  command = plan

  variables {
    create_host_policy = false
  }

  assert {
    condition     = length(aws_iam_policy.host) == 0
    error_message = "none"
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
    parameter_prefix        = "/aws/keywheel/"
    adopted_parameter_names = ["param-*"]
  }

  expect_failures = [var.primary_account_id, var.organization_id, var.user_path, var.member_role_external_id, var.iam_role_name, var.parameter_prefix, var.adopted_parameter_names]
}
