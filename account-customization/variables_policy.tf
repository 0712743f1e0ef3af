variable "dry_run_flag" {
  description = "Whether runs are audits, which change nothing and say what they would. True for the first nights."
  type        = bool
  default     = true
}

variable "rotation_period" {
  description = "ROTATION_PERIOD: the age in days at which a key's replacement is made."
  type        = number
  default     = 90

  validation {
    condition     = var.rotation_period >= 1 && floor(var.rotation_period) == var.rotation_period
    error_message = "rotation_period must be a whole number of days from 1 on."
  }
}

variable "inactive_period" {
  description = "INACTIVE_PERIOD: the age in days at which the old key is made inactive; above rotation_period."
  type        = number
  default     = 100

  validation {
    condition     = var.inactive_period >= 2 && floor(var.inactive_period) == var.inactive_period
    error_message = "inactive_period must be a whole number of days above rotation_period."
  }
}

variable "inactive_buffer" {
  description = "INACTIVE_BUFFER: the age in days at which the old key is deleted. Where it is not above inactive_period it is taken for days after that."
  type        = number
  default     = 135

  validation {
    condition     = var.inactive_buffer >= 1 && var.inactive_buffer <= 36500 && floor(var.inactive_buffer) == var.inactive_buffer
    error_message = "inactive_buffer must be a whole number of days from 1 to 36500."
  }
}

variable "recovery_grace_period" {
  description = "At least so many days an old key stays inactive before it is deleted, whatever inactive_buffer says; null for no more than that."
  type        = number
  default     = null

  validation {
    condition     = var.recovery_grace_period == null || try(floor(var.recovery_grace_period) == var.recovery_grace_period && var.recovery_grace_period >= 1, false)
    error_message = "recovery_grace_period must be a whole number of days from 1 on."
  }
}

variable "iam_exception_group" {
  description = "EXEMPTION_GROUP: the IAM group whose members are left alone. The same as in global-account-customization; null for none."
  type        = string
  default     = "KeywheelExemptions"

  validation {
    condition     = var.iam_exception_group == null || can(regex("^[\\w+=,.@-]{1,128}$", var.iam_exception_group))
    error_message = "iam_exception_group must be an IAM group's name: 1 to 128 letters, digits or + = , . @ _ -."
  }
}

variable "resource_owner_tag" {
  description = "OWNER_TAG: a further user tag that holds the key owner's address; null for none."
  type        = string
  default     = null
}

variable "admin_email_address" {
  description = "SENDER_EMAIL: the address that mails come from."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s<>,;:\"()\\[\\]\\\\]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$", var.admin_email_address))
    error_message = "admin_email_address must be one e-mail address, without a display name."
  }
}

variable "security_email" {
  description = "SECURITY_EMAIL: gets a copy of every notice; null for no copy."
  type        = string
  default     = null

  validation {
    condition     = var.security_email == null || can(regex("^[^@\\s<>,;:\"()\\[\\]\\\\]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$", var.security_email))
    error_message = "security_email must be one e-mail address, without a display name."
  }
}

variable "include_management_account" {
  description = "INCLUDE_MANAGEMENT_ACCOUNT: whether the management account is looked after, too. AFT does not customize it: make the member role there by hand."
  type        = bool
  default     = false
}

variable "rotation_environment" {
  description = "Further variables of key-rotation, such as WARN_DAYS, LAST_USED_THRESHOLD, MAX_HOLD, EMAIL_DOMAINS, FREEZE or SECRET_READERS; docs/configuration.md lists them."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.rotation_environment), ["ACK_FORGET_AFTER", "EMAIL_DOMAINS", "ENCRYPTED_DELIVERY", "FOREIGN_INACTIVE_KEYS", "FREEZE", "HOUSEKEEPING_AFTER", "LAST_USED_THRESHOLD", "MAX_CHANGES", "MAX_HOLD", "PARAMETER_KMS_KEY_ID", "PARAMETER_PREFIX", "REQUIRE_NOTICE", "SECRET_KMS_KEY_ID", "SECRET_READERS", "SELECTION", "TAG_PREFIX", "UNUSED_AFTER", "UNUSED_KEYS", "USER_PATH", "WARN_DAYS"])) == 0
    error_message = "rotation_environment takes ACK_FORGET_AFTER, EMAIL_DOMAINS, ENCRYPTED_DELIVERY, FOREIGN_INACTIVE_KEYS, FREEZE, HOUSEKEEPING_AFTER, LAST_USED_THRESHOLD, MAX_CHANGES, MAX_HOLD, PARAMETER_KMS_KEY_ID, PARAMETER_PREFIX, REQUIRE_NOTICE, SECRET_KMS_KEY_ID, SECRET_READERS, SELECTION, TAG_PREFIX, UNUSED_AFTER, UNUSED_KEYS, USER_PATH, WARN_DAYS. What else the function reads this layer sets itself, from variables of their own."
  }
}

variable "inventory_environment" {
  description = "Further variables of account-inventory, such as INCLUDE_OUS, EXCLUDE_ACCOUNTS or ROLLOUT_PERCENT; docs/configuration.md lists them."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.inventory_environment), ["EXCLUDE_ACCOUNTS", "EXCLUDE_OUS", "FANOUT_CONCURRENCY", "INCLUDE_ACCOUNTS", "INCLUDE_OUS", "ROLLOUT_PERCENT"])) == 0
    error_message = "inventory_environment takes EXCLUDE_ACCOUNTS, EXCLUDE_OUS, FANOUT_CONCURRENCY, INCLUDE_ACCOUNTS, INCLUDE_OUS, ROLLOUT_PERCENT. What else the function reads this layer sets itself, from variables of their own."
  }
}

variable "notification_environment" {
  description = "Further variables of notification, such as REPLY_TO; docs/configuration.md lists them."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.notification_environment), ["REPLY_TO"])) == 0
    error_message = "notification_environment takes REPLY_TO. What else the function reads this layer sets itself, from variables of their own."
  }
}

variable "create_email_identity" {
  description = "Whether this layer makes the SES identity of admin_email_address. False where its domain is an identity already."
  type        = bool
  default     = true
}

variable "store_secrets_in_central_account" {
  description = "SECRET_STORE: whether secrets are kept in this account, under a key of their own, instead of the users' accounts. docs/stores.md says what users then need."
  type        = bool
  default     = false
}

variable "secrets_were_in_central_account" {
  description = "SECRET_STORE_BEFORE: whether secrets that are still in this account are found, after store_secrets_in_central_account was true. Keeps their key, too."
  type        = bool
  default     = false
}

variable "central_secret_kms_key_arn" {
  description = "The ARN of an existing KMS key of this account for the central secrets, with the statements that kms_secrets.tf has; null to make one."
  type        = string
  default     = null

  validation {
    condition     = var.central_secret_kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.central_secret_kms_key_arn))
    error_message = "central_secret_kms_key_arn must be the ARN of a KMS key, not of an alias: permissions do not follow aliases across accounts."
  }
}

variable "replica_secret_kms_key_arns" {
  description = "The ARNs of the keys that encrypt replicas of central secrets: in each Region the one that alias/keywheel-secrets, or the multi-Region key, means there."
  type        = list(string)
  default     = []
}

variable "credential_replication_region" {
  description = "SECRET_REPLICA_REGIONS: the further Regions that hold replicas of the secrets, with commas between them; empty for none. The same as in global-account-customization."
  type        = string
  default     = ""

  validation {
    condition     = trimspace(var.credential_replication_region) == "" || alltrue([for region in split(",", var.credential_replication_region) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", trimspace(region)))])
    error_message = "credential_replication_region must be Regions, such as eu-west-1, with commas between them."
  }
}

# The AFT sample's file sets them, and nothing here needs them.

# tflint-ignore: terraform_unused_declarations
variable "email_template_enforcment" {
  description = "Not used: one template serves both modes. Spelled as in the AFT sample."
  type        = string
  default     = null
}

# tflint-ignore: terraform_unused_declarations
variable "email_template_audit" {
  description = "Not used: one template serves both modes."
  type        = string
  default     = null
}

# tflint-ignore: terraform_unused_declarations
variable "smtp_user_param_name" {
  description = "Not used: this release sends through SES's API, in a VPC too."
  type        = string
  default     = null
}

# tflint-ignore: terraform_unused_declarations
variable "smtp_password_param_name" {
  description = "Not used: this release sends through SES's API, in a VPC too."
  type        = string
  default     = null
}
