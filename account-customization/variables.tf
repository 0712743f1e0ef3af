variable "organization_id" {
  description = "The organization's id; aft-bootstrap prints it."
  type        = string

  validation {
    condition     = can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id must be an organization's id such as o-a1b2c3d4e5; `aws organizations describe-organization` shows it."
  }
}

variable "org_list_account" {
  description = "The management account, in which aft-bootstrap made the role org_list_role."
  type        = string
  default     = null

  validation {
    condition     = var.org_list_account == null || can(regex("^[0-9]{12}$", var.org_list_account))
    error_message = "org_list_account must be an account id of 12 digits."
  }
}

variable "org_list_role" {
  description = "The name of the role that account-inventory assumes in org_list_account; empty where the hub may list the organization with its own credentials, as a delegated administrator."
  type        = string
  default     = "keywheel-organization-list"

  validation {
    condition     = can(regex("^[\\w+=,.@-]{0,64}$", var.org_list_role))
    error_message = "org_list_role must be an IAM role's name: letters, digits or + = , . @ _ -, or empty."
  }
}

variable "iam_role_name" {
  description = "The name of the role that key-rotation assumes in each account. The same as in global-account-customization."
  type        = string
  default     = "keywheel-member"

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,64}$", var.iam_role_name))
    error_message = "iam_role_name must be an IAM role's name: 1 to 64 letters, digits or + = , . @ _ -."
  }
}

variable "member_role_external_id" {
  description = "The external id that key-rotation shows; null for keywheel-<hub account id>. The same as in global-account-customization."
  type        = string
  default     = null

  validation {
    # Terraform's regular expressions count to 1000 at most.
    condition     = var.member_role_external_id == null || can(regex("^[\\w+=,.@:/-]{2,}$", var.member_role_external_id)) && try(length(var.member_role_external_id) <= 1224, false)
    error_message = "member_role_external_id must have 2 to 1224 letters, digits or + = , . @ : / _ -."
  }
}

variable "inventory_execution_role_name" {
  description = "The name of account-inventory's role. The same as in aft-bootstrap."
  type        = string
  default     = "keywheel-account-inventory"
}

variable "execution_role_name" {
  description = "The name of key-rotation's role. The same as in global-account-customization."
  type        = string
  default     = "keywheel-key-rotation"
}

variable "notifier_execution_role" {
  description = "The name of notification's role."
  type        = string
  default     = "keywheel-notification"
}

variable "schedule_role_name" {
  description = "The name of the role with which EventBridge Scheduler starts account-inventory."
  type        = string
  default     = "keywheel-schedule"
}

variable "permissions_boundary_arn" {
  description = "The ARN of a policy that bounds the roles; null for none."
  type        = string
  default     = null
}

variable "inventory_lambda_name" {
  description = "The name of the function account-inventory."
  type        = string
  default     = "keywheel-account-inventory"
}

variable "rotation_lambda_name" {
  description = "The name of the function key-rotation."
  type        = string
  default     = "keywheel-key-rotation"
}

variable "notification_lambda_name" {
  description = "The name of the function notification."
  type        = string
  default     = "keywheel-notification"
}

variable "artifacts_manifest" {
  description = "The file in this folder that names the functions' zips: bucket, key, version and hash, as aft-bootstrap prints them."
  type        = string
  default     = "artifacts.json"
}

variable "zip_folder" {
  description = "A folder below this one with the functions' zips, committed; null takes them from the bucket that artifacts.json names. AFT's ignore file drops target/ and dist/, so name it otherwise."
  type        = string
  default     = null
}

variable "architecture" {
  description = "The architecture of the zips in zip_folder. The zips of artifacts.json bring their own."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be \"x86_64\" or \"arm64\"."
  }
}

variable "stopped" {
  description = "Stops everything until it is false again: the schedule is off, and key-rotation cannot be started. What is stopped by hand, the next run of AFT starts again."
  type        = bool
  default     = false
}

variable "reserved_concurrency" {
  description = "Reserved concurrent executions by function; a function that is missing has none. In a new account the limit is 10 and every reservation is refused: ask for a higher quota first."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.reserved_concurrency) : contains(["account-inventory", "key-rotation", "notification"], name)])
    error_message = "reserved_concurrency knows account-inventory, key-rotation and notification."
  }

  validation {
    condition     = alltrue([for number in values(var.reserved_concurrency) : number >= 1 && floor(number) == number])
    error_message = "A reservation is a whole number from 1 on: 0 would stop the function for good."
  }
}

variable "schedule_expression" {
  description = "When account-inventory starts, as an EventBridge Scheduler expression in UTC."
  type        = string
  default     = "cron(0 2 * * ? *)"

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.schedule_expression))
    error_message = "schedule_expression must be cron(…) or rate(…), such as cron(0 2 * * ? *)."
  }
}

variable "schedule_window_minutes" {
  description = "Within how many minutes of it the start is spread; 0 for exactly then."
  type        = number
  default     = 30

  validation {
    condition     = var.schedule_window_minutes >= 0 && var.schedule_window_minutes <= 240 && floor(var.schedule_window_minutes) == var.schedule_window_minutes
    error_message = "schedule_window_minutes must be a whole number from 0 to 240."
  }
}

variable "finish_schedule_expression" {
  description = "When account-inventory accounts for every account of the latest run, as an EventBridge Scheduler expression in UTC. Some 8 hours after schedule_expression: an account may still answer 6 hours and 15 minutes after it was invoked."
  type        = string
  default     = "cron(0 10 * * ? *)"

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.finish_schedule_expression))
    error_message = "finish_schedule_expression must be cron(…) or rate(…), such as cron(0 10 * * ? *)."
  }
}

variable "finish_enabled" {
  description = "Whether that schedule is on. Without it nothing tells of accounts that never answered."
  type        = bool
  default     = true
}

variable "no_run_hours" {
  description = "After how many hours without a run there is an alarm; null for a day and the schedule's window. For a schedule that is rarer than daily."
  type        = number
  default     = null

  validation {
    condition     = var.no_run_hours == null || try(var.no_run_hours >= 1 && var.no_run_hours <= 168 && floor(var.no_run_hours) == var.no_run_hours, false)
    error_message = "no_run_hours must be a whole number from 1 to 168."
  }
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the functions' logs."
  type        = number
  default     = 400

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs knows, such as 90, 365 or 400."
  }
}

variable "log_level" {
  description = "How much the functions log."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO"], var.log_level)
    error_message = "log_level must be TRACE, DEBUG or INFO: above INFO Lambda drops the lines that carry the metrics, and no alarm works."
  }
}

variable "xray_tracing" {
  description = "Whether Lambda samples invocations and sends traces of them to X-Ray; docs/logs.md. Off, because it costs and needs a further permission."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "The KMS key for the bucket, the logs, the queues and the alarms' topic; null makes one."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be a key's ARN, not an alias."
  }
}

variable "s3_bucket_name" {
  description = "The name of the bucket for templates and state, which this layer makes; null for keywheel-<account id>-<region>."
  type        = string
  default     = null
}

variable "ack_bucket" {
  description = "The name of the bucket in which hosts acknowledge the keys that they have installed, which this layer makes (ACK_BUCKET); null where hosts do not. Tell global-account-customization, too."
  type        = string
  default     = null

  validation {
    condition     = var.ack_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.ack_bucket))
    error_message = "ack_bucket must be the name of an S3 bucket."
  }
}

variable "s3_bucket_prefix" {
  description = "The prefix in it of committed zips, see zip_folder."
  type        = string
  default     = "code_sources"
}

variable "logging_bucket" {
  description = "A bucket that gets the access log of the bucket for templates and state; null for none."
  type        = string
  default     = null
}

variable "logging_bucket_prefix" {
  description = "The prefix of that access log."
  type        = string
  default     = "keywheel/"
}

variable "run_days" {
  description = "After how many days the manifests and results of a run go."
  type        = number
  default     = 400

  validation {
    condition     = var.run_days >= 35
    error_message = "run_days must be 35 or more: results of a month are looked at in audits."
  }
}

variable "alarm_emails" {
  description = "Who gets the alarms by mail; each address must confirm the subscription."
  type        = list(string)
  default     = []
}

variable "alarm_topic_arn" {
  description = "An SNS topic that gets the alarms; null makes one. Its policy, and its key's, must let cloudwatch.amazonaws.com and ses.amazonaws.com publish."
  type        = string
  default     = null
}
