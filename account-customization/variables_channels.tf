variable "event_bus" {
  description = "The name or ARN of an EventBridge bus that gets an event for every completed step; \"\" for none. This layer does not make it. A bus of another account must let key-rotation's role put events."
  type        = string
  default     = ""

  validation {
    condition     = var.event_bus == "" || can(regex("^(arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/)?[A-Za-z0-9/._-]{1,256}$", var.event_bus))
    error_message = "event_bus must be an EventBridge bus's name, such as \"default\", its ARN, or \"\"."
  }
}

variable "notice_topic_arn" {
  description = "The ARN of a standard SNS topic that gets one message per digest, for chat and tickets; null for none. This layer does not make it. An encrypted topic's key must let notification's role use it."
  type        = string
  default     = null

  validation {
    condition     = var.notice_topic_arn == null ? true : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.notice_topic_arn))
    error_message = "notice_topic_arn must be a standard SNS topic's ARN, such as \"arn:aws:sns:eu-central-1:111122223333:keywheel-notices\", or null."
  }
}
