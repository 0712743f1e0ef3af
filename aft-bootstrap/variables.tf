variable "hub_account_id" {
  description = "The account in which the functions run."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.hub_account_id))
    error_message = "hub_account_id must be an account id of 12 digits."
  }
}

variable "region" {
  description = "The Region of the functions: Lambda takes code only from a bucket of its own Region. With AFT, Control Tower's home Region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region must be an AWS Region such as eu-central-1."
  }
}

variable "organization_access" {
  description = "How account-inventory may list the organization: \"role\" makes a role here that it assumes; \"delegation\" makes none, and the statement to merge into the organization's delegation policy is in the output delegation_statement."
  type        = string
  default     = "role"

  validation {
    condition     = contains(["role", "delegation"], var.organization_access)
    error_message = "organization_access must be \"role\" or \"delegation\"."
  }
}

variable "org_list_role" {
  description = "The name of the role that account-inventory assumes in this account."
  type        = string
  default     = "keywheel-organization-list"

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.org_list_role))
    error_message = "org_list_role must be an IAM role's name: 1 to 64 letters, digits or + = , . @ _ -."
  }
}

variable "inventory_execution_role_name" {
  description = "The name of account-inventory's role in the hub; it need not exist yet. The same as in account-customization."
  type        = string
  default     = "keywheel-account-inventory"

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.inventory_execution_role_name))
    error_message = "inventory_execution_role_name must be an IAM role's name: 1 to 64 letters, digits or + = , . @ _ -."
  }
}

variable "permissions_boundary_arn" {
  description = "The ARN of a policy that bounds the role; null for none."
  type        = string
  default     = null
}

variable "artifact_bucket_name" {
  description = "The name of the bucket for the functions' zips; null for keywheel-artifacts-<hub account id>-<region>."
  type        = string
  default     = null
}

variable "package_folder" {
  description = "The folder in which `cargo xtask package` left the zips. Without it Terraform would take the uploaded ones away, so it must be given each time; null uploads nothing, for a bucket that never had any."
  type        = string
}

variable "architecture" {
  description = "The architecture for which the zips in package_folder were built."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be \"x86_64\" or \"arm64\"."
  }
}

variable "tags" {
  description = "Tags for everything made here."
  type        = map(string)
  default     = { Application = "keywheel" }
}
