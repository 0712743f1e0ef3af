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

run "mails_go_through_ses_and_no_credentials_are_read" {
  command = plan

  assert {
    condition     = aws_lambda_function.function["notification"].environment[0].variables["MAILER"] == "ses" && contains(keys(aws_lambda_function.function["notification"].environment[0].variables), "CONFIGURATION_SET")
    error_message = "SES, with the configuration set"
  }

  assert {
    condition     = !strcontains(local.policies["notification"], "ssm:") && !strcontains(local.policies["notification"], "secretsmanager:") && strcontains(local.policies["notification"], "ses:SendEmail")
    error_message = "notification may send, and read no credentials"
  }

  assert {
    condition     = length(aws_sns_topic_subscription.returned_mails) == 1 && aws_lambda_permission.returned_mails[0].principal == "sns.amazonaws.com" && aws_lambda_permission.returned_mails[0].source_account == "222233334444" && join(" ", sort(aws_sesv2_configuration_set_event_destination.returned_mails[0].event_destination[0].matching_event_types)) == "BOUNCE REJECT"
    error_message = "SES tells notification which mails came back"
  }
}

run "an_smtp_server_gets_its_settings_and_the_role_may_read_one_parameter" {
  command = plan

  variables {
    mailer           = "smtp"
    smtp_host        = "smtp.example.com"
    smtp_tls         = "starttls"
    smtp_credentials = "ssm:/keywheel/smtp"
    # Of a mailer that is not used: nobody reads it.
    mailgun_credentials = "secretsmanager:keywheel/mailgun"
    run_lambda_in_vpc   = true
    vpc_id              = "vpc-1"
    subnet_ids          = ["subnet-1", "subnet-2"]
    s3_route_table_ids  = ["rtb-1"]
    iam_through_nat     = true
  }

  assert {
    condition     = join(" ", [for name in ["MAILER", "SMTP_HOST", "SMTP_PORT", "SMTP_TLS", "SMTP_CREDENTIALS"] : aws_lambda_function.function["notification"].environment[0].variables[name]]) == "smtp smtp.example.com 587 starttls ssm:/keywheel/smtp"
    error_message = "what SMTP needs"
  }

  assert {
    condition     = !contains(keys(aws_lambda_function.function["notification"].environment[0].variables), "CONFIGURATION_SET") && !contains(keys(aws_lambda_function.function["key-rotation"].environment[0].variables), "SMTP_HOST")
    error_message = "and nothing of another mailer or for another function"
  }

  assert {
    condition     = [for statement in jsondecode(local.policies["notification"]).Statement : flatten([statement.Resource]) if statement.Sid == "ReadsTheMailersParameter"] == [["arn:aws:ssm:eu-central-1:222233334444:parameter/keywheel/smtp"]]
    error_message = "that parameter, and no other"
  }

  assert {
    condition     = !strcontains(local.policies["notification"], "ses:") && !strcontains(local.policies["notification"], "secretsmanager:")
    error_message = "neither SES nor a secret"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.functions_to_smtp) == 1 && aws_vpc_security_group_egress_rule.functions_to_smtp[0].to_port == 587
    error_message = "out of the VPC on the server's port"
  }
}

run "mailgun_gets_its_settings_and_the_role_may_read_one_secret" {
  command = plan

  variables {
    mailer              = "mailgun"
    mailgun_domain      = "mg.example.com"
    mailgun_region      = "eu"
    mailgun_credentials = "secretsmanager:keywheel/mailgun"
  }

  assert {
    condition     = join(" ", [for name in ["MAILER", "MAILGUN_DOMAIN", "MAILGUN_REGION", "MAILGUN_CREDENTIALS"] : aws_lambda_function.function["notification"].environment[0].variables[name]]) == "mailgun mg.example.com eu secretsmanager:keywheel/mailgun"
    error_message = "what Mailgun needs"
  }

  assert {
    condition     = [for statement in jsondecode(local.policies["notification"]).Statement : flatten([statement.Resource]) if statement.Sid == "ReadsTheMailersSecret"] == [["arn:aws:secretsmanager:eu-central-1:222233334444:secret:keywheel/mailgun-??????"]]
    error_message = "that secret, and no other"
  }
}

run "a_mailer_without_its_settings_is_refused" {
  command = plan

  variables {
    mailer    = "smtp"
    smtp_host = "smtp.example.com"
  }

  expect_failures = [aws_lambda_function.function]
}

run "an_empty_host_is_none" {
  command = plan

  variables {
    mailer           = "smtp"
    smtp_host        = ""
    smtp_credentials = "ssm:/keywheel/smtp"
  }

  expect_failures = [var.smtp_host]
}

run "a_url_is_no_host" {
  command = plan

  variables {
    mailer           = "smtp"
    smtp_host        = "smtps://smtp.example.com:465"
    smtp_credentials = "ssm:/keywheel/smtp"
  }

  expect_failures = [var.smtp_host]
}

run "an_empty_domain_is_none" {
  command = plan

  variables {
    mailer              = "mailgun"
    mailgun_domain      = ""
    mailgun_region      = "eu"
    mailgun_credentials = "secretsmanager:keywheel/mailgun"
  }

  expect_failures = [var.mailgun_domain]
}

run "in_a_vpc_a_mail_server_needs_a_way_out" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-1" }
  }

  variables {
    mailer              = "mailgun"
    mailgun_domain      = "mg.example.com"
    mailgun_region      = "us"
    mailgun_credentials = "secretsmanager:keywheel/mailgun"
    run_lambda_in_vpc   = true
    vpc_id              = "vpc-1"
    subnet_ids          = ["subnet-1", "subnet-2"]
    s3_route_table_ids  = ["rtb-1"]
  }

  expect_failures = [aws_security_group.functions]
}
