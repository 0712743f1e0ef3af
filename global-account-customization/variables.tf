variable "primary_account_id" {
  description = "The hub: the account in which the functions run."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.primary_account_id))
    error_message = "primary_account_id must be an account id of 12 digits."
  }
}

variable "organization_id" {
  description = "The organization's id; the role can be assumed from nowhere else."
  type        = string

  validation {
    condition     = can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id must be an organization's id such as o-a1b2c3d4e5; `aws organizations describe-organization` shows it."
  }
}

variable "iam_role_name" {
  description = "The name of the role that key-rotation assumes in this account. The same as in account-customization."
  type        = string
  default     = "keywheel-member"

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.iam_role_name))
    error_message = "iam_role_name must be an IAM role's name: 1 to 64 letters, digits or + = , . @ _ -."
  }
}

variable "execution_role_name" {
  description = "The name of key-rotation's role in the hub; it need not exist yet. The same as in account-customization."
  type        = string
  default     = "keywheel-key-rotation"

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.execution_role_name))
    error_message = "execution_role_name must be an IAM role's name: 1 to 64 letters, digits or + = , . @ _ -."
  }
}

variable "member_role_external_id" {
  description = "The external id that key-rotation must show; null for keywheel-<hub account id>. The same as in account-customization."
  type        = string
  default     = null

  validation {
    # Terraform's regular expressions count to 1000 at most.
    condition     = var.member_role_external_id == null || can(regex("^[\\w+=,.@:/-]{2,}$", var.member_role_external_id)) && try(length(var.member_role_external_id) <= 1224, false)
    error_message = "member_role_external_id must have 2 to 1224 letters, digits or + = , . @ : / _ -."
  }
}

variable "user_path" {
  description = "Only keys of users below this IAM path can be changed. Tell key-rotation of it (USER_PATH in rotation_environment of account-customization), or the refused changes of all others open the circuit breaker for the account."
  type        = string
  default     = "/"

  validation {
    condition     = can(regex("^/([\\w+=,.@-]+/)*$", var.user_path))
    error_message = "user_path must begin and end with a slash, such as / or /service/."
  }
}

variable "permissions_boundary_arn" {
  description = "The ARN of a policy that bounds the role; null for none."
  type        = string
  default     = null
}

variable "iam_exception_group" {
  description = "The IAM group whose members are left alone; made in this account. Null for none, in both layers."
  type        = string
  default     = "KeywheelExemptions"

  validation {
    condition     = var.iam_exception_group == null || can(regex("^[\\w+=,.@-]{1,128}$", var.iam_exception_group))
    error_message = "iam_exception_group must be an IAM group's name: 1 to 128 letters, digits or + = , . @ _ -."
  }
}

variable "create_exemption_group" {
  description = "Whether this layer makes the exemption group. False where something else makes it: a configured group that is missing stops all changes in the account."
  type        = bool
  default     = true
}

variable "secret_kms_key_arns" {
  description = "The ARNs of this account's KMS keys that encrypt the secrets, where SECRET_KMS_KEY_ID names one; empty for the account's aws/secretsmanager key."
  type        = list(string)
  default     = []
}

variable "secret_replica_regions" {
  description = "SECRET_REPLICA_REGIONS: whether the member role may replicate secrets, to these Regions; empty for no replicas. secret_kms_key_arns then has the keys of these Regions, too."
  type        = list(string)
  default     = []
}

variable "parameter_prefix" {
  description = "PARAMETER_PREFIX: where the parameters are of users whom parameters.json names; null where nobody gets one. The same as in account-customization."
  type        = string
  default     = null

  validation {
    condition     = var.parameter_prefix == null || can(regex("^/([\\w.-]+/)+$", var.parameter_prefix)) && !can(regex("^/(?i:aws|ssm)", var.parameter_prefix))
    error_message = "parameter_prefix must begin and end with a slash, such as /keywheel/, and not begin with /aws or /ssm."
  }
}

variable "adopted_parameter_names" {
  description = "Names of parameters elsewhere that parameters.json gives to users of this account, such as param-test; key-rotation may read and write them. Needs parameter_prefix."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.adopted_parameter_names : can(regex("^/?[\\w.-]+(/[\\w.-]+)*$", name))])
    error_message = "adopted_parameter_names must be whole names of parameters: no pattern."
  }
}

variable "parameter_kms_key_arns" {
  description = "The ARNs of this account's KMS keys that encrypt the parameters, where PARAMETER_KMS_KEY_ID names one; empty for the account's aws/ssm key."
  type        = list(string)
  default     = []
}

variable "create_host_policy" {
  description = "Whether this layer makes the managed policy keywheel-host, which owners attach to the users of hosts: reading the user's own secret and parameter, and acknowledging."
  type        = bool
  default     = true
}

variable "ack_bucket" {
  description = "The bucket in which hosts acknowledge, each below acks/<account id>/<user name>/; null where they do not."
  type        = string
  default     = null

  validation {
    condition     = var.ack_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.ack_bucket))
    error_message = "ack_bucket must be the name of an S3 bucket."
  }
}

variable "central_secret_kms_key_arn" {
  description = "The ARN of the hub's KMS key that encrypts the secrets, where SECRET_STORE is central; null for secrets in the users' own accounts."
  type        = string
  default     = null

  validation {
    condition     = var.central_secret_kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.central_secret_kms_key_arn))
    error_message = "central_secret_kms_key_arn must be the ARN of a KMS key, not of an alias: permissions do not follow aliases across accounts."
  }
}

# The AFT sample's file sets it, and nothing here needs it: the role of the management account is aft-bootstrap's.
# tflint-ignore: terraform_unused_declarations
variable "org_list_role" {
  description = "Not used by this layer; taken so that a file for the AFT sample plans as it is."
  type        = string
  default     = null
}
