variable "region" {
  description = "The Region of the functions, as given to aft-bootstrap."
  type        = string
}

variable "organization_id" {
  description = "The organization's id; aft-bootstrap prints it."
  type        = string
}

variable "management_account_id" {
  description = "The management account, in which aft-bootstrap made its role."
  type        = string
}

variable "hub_account_id" {
  description = "The account in which the functions run."
  type        = string
}

variable "payments_account_id" {
  description = "A member account."
  type        = string
}

variable "deployment_role" {
  description = "The role that Terraform assumes in member accounts."
  type        = string
  default     = "OrganizationAccountAccessRole"
}

variable "sender" {
  description = "The address that mails come from."
  type        = string
}

variable "alarm_emails" {
  description = "Who gets the alarms by mail."
  type        = list(string)
  default     = []
}

variable "dry_run" {
  description = "Whether runs are audits, which change nothing. True for the first nights."
  type        = bool
  default     = true
}
