variable "mailer" {
  description = "What sends the mails: ses, smtp or mailgun. The variables of smtp and mailgun are used with that mailer alone."
  type        = string
  default     = "ses"

  validation {
    condition     = contains(["ses", "smtp", "mailgun"], var.mailer)
    error_message = "mailer must be ses, smtp or mailgun."
  }
}

variable "smtp_host" {
  description = "The SMTP server's name, which is in its certificate; needed with mailer = \"smtp\"."
  type        = string
  default     = null

  validation {
    condition     = var.smtp_host == null ? true : length(var.smtp_host) <= 253 && can(regex("^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$", var.smtp_host))
    error_message = "smtp_host must be a host's name, such as \"smtp.example.com\", without a scheme or a port, or null."
  }
}

variable "smtp_port" {
  description = "The SMTP server's port; null is 465, or 587 with starttls."
  type        = number
  default     = null

  validation {
    condition     = var.smtp_port == null ? true : try(var.smtp_port >= 1 && var.smtp_port <= 65535 && floor(var.smtp_port) == var.smtp_port, false)
    error_message = "smtp_port must be a whole number from 1 to 65535, or null."
  }
}

variable "smtp_tls" {
  description = "How TLS begins with the SMTP server: implicit or starttls. Nothing is sent without TLS."
  type        = string
  default     = "implicit"

  validation {
    condition     = contains(["implicit", "starttls"], var.smtp_tls)
    error_message = "smtp_tls must be implicit or starttls."
  }
}

variable "smtp_credentials" {
  description = "Where the SMTP login is kept: ssm: and a parameter's name, or secretsmanager: and a secret's name, of this account and Region; needed with mailer = \"smtp\". notification's role may read it. The text is {\"username\":\"…\",\"password\":\"…\"}. This layer does not make it, so that it is in no state file."
  type        = string
  default     = null

  validation {
    condition     = var.smtp_credentials == null ? true : can(regex("^(ssm:[A-Za-z0-9/_.-]+|secretsmanager:[A-Za-z0-9/_+=.@-]+)$", var.smtp_credentials))
    error_message = "smtp_credentials must be ssm: and a parameter's name, secretsmanager: and a secret's name, or null. It is the place of the credentials, never the credentials."
  }
}

variable "mailgun_domain" {
  description = "The domain at Mailgun that mails are sent from; needed with mailer = \"mailgun\"."
  type        = string
  default     = null

  validation {
    condition     = var.mailgun_domain == null ? true : length(var.mailgun_domain) <= 253 && can(regex("^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$", var.mailgun_domain))
    error_message = "mailgun_domain must be a domain, such as \"mg.example.com\", or null."
  }
}

variable "mailgun_region" {
  description = "Where that domain is: us or eu; needed with mailer = \"mailgun\"."
  type        = string
  default     = null

  validation {
    condition     = var.mailgun_region == null ? true : contains(["us", "eu"], var.mailgun_region)
    error_message = "mailgun_region must be us, eu or null."
  }
}

variable "mailgun_credentials" {
  description = "Where Mailgun's key is kept, as smtp_credentials says; needed with mailer = \"mailgun\". The text is {\"api_key\":\"…\"}."
  type        = string
  default     = null

  validation {
    condition     = var.mailgun_credentials == null ? true : can(regex("^(ssm:[A-Za-z0-9/_.-]+|secretsmanager:[A-Za-z0-9/_+=.@-]+)$", var.mailgun_credentials))
    error_message = "mailgun_credentials must be ssm: and a parameter's name, secretsmanager: and a secret's name, or null. It is the place of the credentials, never the credentials."
  }
}

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
