terraform {
  required_version = ">= 1.6.1, < 2.0.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Application = "keywheel" }
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  account    = data.aws_caller_identity.current.account_id
  bucket     = "keywheel-${local.account}-${var.region}"
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"
  names      = { for function in ["key-rotation", "notification"] : function => "keywheel-${function}" }
  arns       = { for function, name in local.names : function => "arn:${local.partition}:lambda:${var.region}:${local.account}:function:${name}" }

  # Without MEMBER_ROLE_NAME key-rotation uses its own credentials, and looks after no other account than its own.
  environment = {
    key-rotation = {
      RUN_MODE              = var.mode
      STATE_BUCKET          = local.bucket
      NOTIFICATION_FUNCTION = local.names["notification"]
    }
    notification = {
      STATE_BUCKET    = local.bucket
      TEMPLATE_BUCKET = local.bucket
      SENDER_EMAIL    = var.sender
    }
  }
}

resource "aws_lambda_function" "function" {
  #checkov:skip=CKV_AWS_115:One run a night; nothing takes concurrency from others
  #checkov:skip=CKV_AWS_117:It talks to AWS alone; account-customization shows a VPC
  #checkov:skip=CKV_AWS_173:The variables are settings; account-customization shows a key of one's own

  for_each = local.names

  function_name    = each.value
  role             = aws_iam_role.function[each.key].arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  timeout          = 900
  memory_size      = 256
  filename         = "${var.package_folder}/${each.key}.zip"
  source_code_hash = filebase64sha256("${var.package_folder}/${each.key}.zip")

  environment {
    variables = local.environment[each.key]
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_function_event_invoke_config" "function" {
  for_each = local.names

  function_name                = aws_lambda_function.function[each.key].function_name
  maximum_event_age_in_seconds = 21600
  maximum_retry_attempts       = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failed_events.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  #checkov:skip=CKV_AWS_158:No secret is logged; account-customization shows a key of one's own

  for_each = local.names

  name              = "/aws/lambda/${each.value}"
  retention_in_days = 400
}

# Events that Lambda or the scheduler gave up.
resource "aws_sqs_queue" "failed_events" {
  name                      = "keywheel-failed-events"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sesv2_email_identity" "sender" {
  email_identity = var.sender
}

# Ledgers are in it: without them every grace begins anew.
resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV_AWS_18:account-customization shows an access log
  #checkov:skip=CKV_AWS_145:No secret is in it; account-customization shows a key of one's own

  bucket = local.bucket

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 365
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}
