variable "region" {
  description = "The Region of the functions."
  type        = string
}

variable "account_name" {
  description = "What mails call this account."
  type        = string
}

variable "account_email" {
  description = "Who gets the mails about users that have no address in their tags."
  type        = string
}

variable "sender" {
  description = "The address that mails come from."
  type        = string
}

variable "mode" {
  description = "RUN_MODE: audit changes nothing; enforce after the first nights."
  type        = string
  default     = "audit"

  validation {
    condition     = contains(["audit", "enforce"], var.mode)
    error_message = "mode must be \"audit\" or \"enforce\"."
  }
}

variable "package_folder" {
  description = "The folder in which `cargo xtask package` left the zips."
  type        = string
  default     = "../../target/package"
}

variable "architecture" {
  description = "The architecture of these zips: x86_64 or arm64."
  type        = string
  default     = "x86_64"
}

variable "alarm_emails" {
  description = "Who gets the alarms by mail; each address must confirm the subscription."
  type        = list(string)
  default     = []
}

variable "alarm_kms_key_arn" {
  description = "A KMS key for the alarms' topic that lets CloudWatch use it; null for none."
  type        = string
  default     = null
}
