locals {
  smtp_port = coalesce(var.smtp_port, var.smtp_tls == "starttls" ? 587 : 465)

  # Only what the chosen mailer reads: notification does not start with another's.
  mailer_environment = {
    ses = {
      CONFIGURATION_SET = aws_sesv2_configuration_set.keywheel.configuration_set_name
    }
    smtp = {
      SMTP_HOST        = var.smtp_host
      SMTP_PORT        = tostring(local.smtp_port)
      SMTP_TLS         = var.smtp_tls
      SMTP_CREDENTIALS = var.smtp_credentials
    }
    mailgun = {
      MAILGUN_DOMAIN      = var.mailgun_domain
      MAILGUN_REGION      = var.mailgun_region
      MAILGUN_CREDENTIALS = var.mailgun_credentials
    }
  }

  mailer_is_complete = {
    ses     = true
    smtp    = var.smtp_host != null && var.smtp_credentials != null
    mailgun = var.mailgun_domain != null && var.mailgun_region != null && var.mailgun_credentials != null
  }

  # notification's role reads the chosen mailer's, and no other that is set as well.
  credentials        = compact([{ ses = null, smtp = var.smtp_credentials, mailgun = var.mailgun_credentials }[var.mailer]])
  parameter_names    = [for place in local.credentials : trimprefix(place, "ssm:") if startswith(place, "ssm:")]
  secret_names       = [for place in local.credentials : trimprefix(place, "secretsmanager:") if startswith(place, "secretsmanager:")]
  parameter_arns     = [for name in local.parameter_names : "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${trimprefix(name, "/")}"]
  mailer_secret_arns = [for name in local.secret_names : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${name}-??????"]
}
