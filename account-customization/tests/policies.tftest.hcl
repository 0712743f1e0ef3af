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
  values = { account_id = "999900001111" }
}

override_data {
  target = data.aws_region.current
  values = { region = "fixture-region-1" }
}

variables {
  alarm_emails                  = ["on-call@example.com"]
  organization_id               = "o-fixtureorganization"
  org_list_account              = "999900002222"
  org_list_role                 = "fixture-organization-list-role"
  iam_role_name                 = "fixture-member-role"
  member_role_external_id       = "fixture-external-id"
  admin_email_address           = "fixture@sender.example"
  s3_bucket_name                = "fixture-state-bucket"
  kms_key_arn                   = "arn:aws:kms:fixture-region-1:999900001111:key/fixture-key"
  inventory_execution_role_name = "account-inventory"
  execution_role_name           = "key-rotation"
  notifier_execution_role       = "notification"
  inventory_lambda_name         = "account-inventory"
  rotation_lambda_name          = "key-rotation"
  notification_lambda_name      = "notification"
  artifacts_manifest            = "tests/artifacts.json"
  ack_bucket                    = "fixture-ack-bucket"
  event_bus                     = "fixture-event-bus"
  notice_topic_arn              = "arn:aws:sns:fixture-region-1:999900001111:fixture-topic"
}

run "policies" {
  command = plan
}

# What the role has with another mailer comes on top: the stage tries every mailer with one role.
run "policies_with_smtp" {
  command = plan

  variables {
    mailer           = "smtp"
    smtp_host        = "smtp.example.com"
    smtp_credentials = "ssm:/fixture-smtp"
  }
}

run "policies_with_mailgun" {
  command = plan

  variables {
    mailer              = "mailgun"
    mailgun_domain      = "mg.example.com"
    mailgun_region      = "eu"
    mailgun_credentials = "secretsmanager:fixture-mailgun"
  }
}

# On the stage secrets are kept in either place.
run "policies_with_a_central_store" {
  command = plan

  variables {
    store_secrets_in_central_account = true
    credential_replication_region    = "eu-west-1"
    central_secret_kms_key_arn       = "arn:aws:kms:fixture-region-1:999900001111:key/fixture-key"
  }
}
