# Where secrets are kept.

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
  values = { account_id = "222233334444" }
}

override_data {
  target = data.aws_region.current
  values = { region = "eu-central-1" }
}

variables {
  alarm_emails        = ["on-call@example.com"]
  organization_id     = "o-a1b2c3d4e5"
  org_list_account    = "111122223333"
  admin_email_address = "keywheel@example.com"
  artifacts_manifest  = "tests/artifacts.json"
}

run "secrets_are_in_the_users_accounts" {
  command = plan

  assert {
    condition     = length(aws_kms_key.secrets) == 0 && !contains(keys(aws_lambda_function.function["key-rotation"].environment[0].variables), "SECRET_STORE")
    error_message = "a store in this account is made for who asks for it"
  }

  assert {
    condition     = !strcontains(local.policies["key-rotation"], "secretsmanager:")
    error_message = "key-rotation's own role reads no secret"
  }
}

run "a_store_in_this_account_has_a_key_of_its_own" {
  command = plan

  variables {
    store_secrets_in_central_account = true
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].environment[0].variables["SECRET_STORE"] == "central" && aws_lambda_function.function["key-rotation"].environment[0].variables["SECRET_KMS_KEY_ID"] == "alias/keywheel-secrets"
    error_message = "key-rotation must be told of store and key"
  }

  assert {
    condition     = aws_kms_key.secrets[0].enable_key_rotation && aws_kms_alias.secrets[0].name == "alias/keywheel-secrets"
    error_message = "the key is made, and renewed by AWS"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(data.aws_iam_policy_document.secret_key.json).Statement :
      strcontains(jsonencode(statement.Principal), ":root\"") || (statement.Action == "kms:Decrypt" && toset(flatten([for values in values(try(statement.Condition, {})) : keys(values)])) == toset(["aws:PrincipalOrgID", "kms:ViaService", "kms:EncryptionContext:SecretARN"]))
    ])
    error_message = "whoever is not named decrypts within the organization, through Secrets Manager, and secrets of the own account alone"
  }
}

run "who_moved_back_keeps_key_and_permissions" {
  command = plan

  variables {
    secrets_were_in_central_account = true
    central_secret_kms_key_arn      = "arn:aws:kms:eu-central-1:222233334444:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].environment[0].variables["SECRET_STORE_BEFORE"] == "central" && !contains(keys(aws_lambda_function.function["key-rotation"].environment[0].variables), "SECRET_STORE")
    error_message = "new secrets go to the users' accounts, and old ones are found"
  }

  assert {
    condition     = strcontains(local.policies["key-rotation"], "KeepsCentralSecrets") && strcontains(local.policies["key-rotation"], "EncryptsCentralSecrets")
    error_message = "what was begun in this account is ended there"
  }
}

run "moved_back_and_not_moved_back_is_refused" {
  command = plan

  variables {
    store_secrets_in_central_account = true
    secrets_were_in_central_account  = true
  }

  expect_failures = [aws_iam_role.function]
}

run "replicas_are_asked_for_and_allowed" {
  command = plan

  variables {
    store_secrets_in_central_account = true
    credential_replication_region    = "eu-west-1, us-east-1"
    replica_secret_kms_key_arns      = ["arn:aws:kms:eu-west-1:222233334444:key/11111111-2222-3333-4444-555555555555"]
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].environment[0].variables["SECRET_REPLICA_REGIONS"] == "eu-west-1, us-east-1"
    error_message = "key-rotation must be told of the Regions"
  }
}

run "what_is_put_away_after_a_grace_may_be_put_away" {
  command = plan

  variables {
    ack_bucket                       = "example-acknowledgements"
    store_secrets_in_central_account = true
    central_secret_kms_key_arn       = "arn:aws:kms:eu-central-1:222233334444:key/11111111-2222-3333-4444-555555555555"
    kms_key_arn                      = "arn:aws:kms:eu-central-1:222233334444:key/11111111-2222-3333-4444-555555555555"
    credential_replication_region    = "eu-west-1"
  }

  assert {
    condition = alltrue([
      for function in ["account-inventory", "key-rotation"] : alltrue([
        for action in ["s3:DeleteObject", "secretsmanager:DeleteSecret", "secretsmanager:RemoveRegionsFromReplication"] : strcontains(local.policies[function], action)
      ])
    ])
    error_message = "both functions put away hosts, secrets in the hub and their replicas"
  }
}

run "without_housekeeping_no_function_may_delete" {
  command = plan

  variables {
    ack_bucket                       = "example-acknowledgements"
    store_secrets_in_central_account = true
    central_secret_kms_key_arn       = "arn:aws:kms:eu-central-1:222233334444:key/11111111-2222-3333-4444-555555555555"
    kms_key_arn                      = "arn:aws:kms:eu-central-1:222233334444:key/11111111-2222-3333-4444-555555555555"
    credential_replication_region    = "eu-west-1"
    rotation_environment             = { HOUSEKEEPING_AFTER = "none" }
  }

  assert {
    condition     = aws_lambda_function.function["account-inventory"].environment[0].variables["HOUSEKEEPING_AFTER"] == "none" && aws_lambda_function.function["key-rotation"].environment[0].variables["HOUSEKEEPING_AFTER"] == "none"
    error_message = "both functions are told"
  }

  assert {
    condition     = !anytrue([for policy in values(local.policies) : strcontains(policy, ":Delete") || strcontains(policy, ":RemoveRegions") || strcontains(policy, "departed.json")])
    error_message = "what is never put away, nobody may put away"
  }
}
