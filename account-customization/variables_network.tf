variable "run_lambda_in_vpc" {
  description = "Whether the functions run in a VPC."
  type        = bool
  default     = false
}

variable "vpc_id" {
  description = "That VPC."
  type        = string
  default     = null
}

variable "subnet_id" {
  description = "A subnet of it, as in the AFT sample; subnet_ids takes more."
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Subnets of it, of two Availability Zones at least."
  type        = list(string)
  default     = []
}

# tflint-ignore: terraform_unused_declarations
variable "vpc_cidr" {
  description = "Not used: the rules name security groups. Taken so that a file for the AFT sample plans as it is."
  type        = string
  default     = null
}

variable "s3_route_table_ids" {
  description = "The route tables of the subnets, for the S3 gateway endpoint."
  type        = list(string)
  default     = []
}

variable "iam_through_nat" {
  description = "That the subnets reach IAM and Organizations through a NAT gateway or a transit gateway. They have VPC endpoints in us-east-1 alone, so elsewhere there is no other way. SSM, EventBridge, SNS, Mailgun and an SMTP server are reached in the same way."
  type        = bool
  default     = false
}

variable "create_endpoint_sg" {
  description = "Whether this layer makes the endpoints' security group; false takes endpoint_security_group_id."
  type        = bool
  default     = true
}

variable "endpoint_security_group_id" {
  description = "The security group of endpoints that exist already, where create_endpoint_sg is false."
  type        = string
  default     = null
}

variable "create_sts_endpoint" {
  description = "Whether this layer makes the endpoint of STS."
  type        = bool
  default     = true
}

variable "create_s3_endpoint" {
  description = "Whether this layer makes the gateway endpoint of S3."
  type        = bool
  default     = true
}

variable "create_secretsmanager_endpoint" {
  description = "Whether this layer makes the endpoint of Secrets Manager."
  type        = bool
  default     = true
}

variable "create_lambda_endpoint" {
  description = "Whether this layer makes the endpoint of Lambda."
  type        = bool
  default     = true
}

variable "create_ses_endpoint" {
  description = "Whether this layer makes the endpoint of SES's API."
  type        = bool
  default     = true
}

variable "create_iam_endpoint" {
  description = "Whether this layer makes the endpoints of IAM and Organizations; they exist in us-east-1 alone."
  type        = bool
  default     = true
}

# tflint-ignore: terraform_unused_declarations
variable "create_smtp_endpoint" {
  description = "Not used: an SMTP server is reached through NAT."
  type        = bool
  default     = null
}

# tflint-ignore: terraform_unused_declarations
variable "create_ssm_endpoint" {
  description = "Not used: SSM is reached through NAT."
  type        = bool
  default     = null
}
