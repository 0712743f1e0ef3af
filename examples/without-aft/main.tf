terraform {
  required_version = ">= 1.6.1, < 2.0.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0.0, < 7.0.0"
    }
  }
}

# Credentials of the hub, which may assume deployment_role in the other accounts.
provider "aws" {
  alias  = "hub"
  region = var.region

  default_tags {
    tags = { Application = "keywheel" }
  }
}

provider "aws" {
  alias  = "payments"
  region = var.region

  assume_role {
    role_arn = "arn:aws:iam::${var.payments_account_id}:role/${var.deployment_role}"
  }

  default_tags {
    tags = { Application = "keywheel" }
  }
}

module "hub" {
  source    = "../../account-customization"
  providers = { aws = aws.hub }

  organization_id     = var.organization_id
  org_list_account    = var.management_account_id
  admin_email_address = var.sender
  alarm_emails        = var.alarm_emails
  dry_run_flag        = var.dry_run
}

# The hub's own users, too.
module "member_hub" {
  source    = "../../global-account-customization"
  providers = { aws = aws.hub }

  primary_account_id = var.hub_account_id
  organization_id    = var.organization_id
}

# Each further account is such a module and a provider of its own.
module "member_payments" {
  source    = "../../global-account-customization"
  providers = { aws = aws.payments }

  primary_account_id = var.hub_account_id
  organization_id    = var.organization_id
}

output "mode" {
  description = "Whether runs change anything: audit or enforce."
  value       = module.hub.mode
}

output "state_bucket" {
  description = "Where ledgers, results and templates are."
  value       = module.hub.state_bucket
}
