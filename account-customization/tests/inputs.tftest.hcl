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

# What a team has in its file for the AFT sample, with ages: 45, 60 and 90 days.
run "a_file_of_the_sample_with_ages_plans_as_it_is" {
  command = plan

  variables {
    s3_bucket_name                   = "aft-iam-access-key-rotation-bucket-security"
    s3_bucket_prefix                 = "code_sources"
    admin_email_address              = "security@example.com"
    resource_owner_tag               = "owner"
    notifier_execution_role          = "notifier-execution_role"
    iam_exception_group              = "IAMKeyRotationExemptionGroup"
    iam_role_name                    = "asa-iam-key-rotation-lambda-assumed-role"
    execution_role_name              = "asa-iam-key-rotation-lambda-execution-role"
    inventory_execution_role_name    = "asa-iam-key-rotation-account-inventory-lambda-execution-role"
    org_list_account                 = "111122223333"
    org_list_role                    = "asa-iam-key-rotation-list-accounts-role"
    email_template_enforcment        = "iam-auto-key-rotation-enforcement.html"
    email_template_audit             = "iam-auto-key-rotation-enforcement.html"
    smtp_user_param_name             = "/iam-key-rotation/smtp/user"
    smtp_password_param_name         = "/iam-key-rotation/smtp/password"
    rotation_period                  = 45
    inactive_period                  = 60
    inactive_buffer                  = 90
    recovery_grace_period            = 10
    dry_run_flag                     = false
    store_secrets_in_central_account = false
    credential_replication_region    = ""
    run_lambda_in_vpc                = false
    vpc_id                           = ""
    vpc_cidr                         = ""
    subnet_id                        = ""
    create_endpoint_sg               = false
    create_smtp_endpoint             = false
    create_ssm_endpoint              = false
    create_sts_endpoint              = false
    create_s3_endpoint               = false
    create_secretsmanager_endpoint   = false
  }

  assert {
    condition     = output.periods == { rotation = 45, inactive = 60, deleted = 90 } && output.mode == "enforce"
    error_message = "the ages mean what they say"
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].environment[0].variables["MEMBER_ROLE_NAME"] == "asa-iam-key-rotation-lambda-assumed-role" && aws_lambda_function.function["key-rotation"].environment[0].variables["OWNER_TAG"] == "owner"
    error_message = "the sample's names reach the function"
  }
}

# The sample ships an inactive_buffer of 10 beside an inactive_period of 100.
run "a_buffer_below_the_inactive_period_is_days_after_it_and_is_said" {
  command = plan

  variables {
    rotation_period = 90
    inactive_period = 100
    inactive_buffer = 10
  }

  expect_failures = [check.inactive_buffer]
}

run "the_recovery_grace_is_kept_at_least" {
  command = plan

  variables {
    rotation_period       = 45
    inactive_period       = 60
    inactive_buffer       = 90
    recovery_grace_period = 40
  }

  assert {
    condition     = output.periods.deleted == 100
    error_message = "40 days inactive at least"
  }
}

run "a_rotation_period_above_the_inactive_period_is_refused" {
  command = plan

  variables {
    rotation_period = 100
    inactive_period = 100
  }

  expect_failures = [aws_lambda_function.function]
}

run "wrong_values_are_refused_by_name" {
  command = plan

  variables {
    organization_id               = "example"
    org_list_account              = "12"
    admin_email_address           = "Keywheel <keywheel@example.com>"
    rotation_period               = 0.5
    recovery_grace_period         = 0
    log_retention_days            = 8
    schedule_expression           = "daily"
    finish_schedule_expression    = "later"
    schedule_window_minutes       = 2000
    reserved_concurrency          = { key-rotation = 0 }
    rotation_environment          = { FREZE = "2026-12-20" }
    security_email                = "Security <security@example.com>"
    log_level                     = "ERROR"
    iam_exception_group           = "a/b"
    no_run_hours                  = 0
    inventory_environment         = { STATE_BUCKET = "mine" }
    notification_environment      = { MAILER = "smtp" }
    central_secret_kms_key_arn    = "alias/mine"
    credential_replication_region = "Ireland"
    kms_key_arn                   = "alias/mine"
    mailer                        = "pigeon"
    smtp_port                     = 0
    smtp_tls                      = "none"
    smtp_credentials              = "hunter2"
    mailgun_region                = "de"
    mailgun_credentials           = "ssm:"
  }

  expect_failures = [
    var.organization_id,
    var.org_list_account,
    var.admin_email_address,
    var.rotation_period,
    var.recovery_grace_period,
    var.log_retention_days,
    var.schedule_expression,
    var.finish_schedule_expression,
    var.schedule_window_minutes,
    var.reserved_concurrency,
    var.rotation_environment,
    var.security_email,
    var.log_level,
    var.iam_exception_group,
    var.no_run_hours,
    var.inventory_environment,
    var.notification_environment,
    var.central_secret_kms_key_arn,
    var.credential_replication_region,
    var.kms_key_arn,
    var.mailer,
    var.smtp_port,
    var.smtp_tls,
    var.smtp_credentials,
    var.mailgun_region,
    var.mailgun_credentials,
  ]
}
