locals {
  artifacts_file = "${path.module}/${var.artifacts_manifest}"
  from_bucket    = var.zip_folder == null
  artifacts      = local.from_bucket && fileexists(local.artifacts_file) ? jsondecode(file(local.artifacts_file)) : null
  architecture   = local.from_bucket ? try(local.artifacts.architecture, "x86_64") : var.architecture

  # Stands where artifacts.json names nothing, until a precondition says so.
  no_code = { bucket = "artifacts-json-names-nothing", key = "nothing", version = null, sha256_base64 = null }

  code = {
    for name in keys(local.names) : name => local.from_bucket ? try(
      { bucket = local.artifacts.bucket, key = local.artifacts.functions[name].key, version = local.artifacts.functions[name].version, sha256_base64 = local.artifacts.functions[name].sha256_base64 },
      local.no_code
    ) : local.committed_code[name]
  }

  zips = local.from_bucket ? {} : { for name in keys(local.names) : name => "${path.module}/${var.zip_folder}/${name}.zip" }

  committed_code = {
    for name in keys(local.names) : name => {
      bucket        = local.bucket
      key           = try(aws_s3_object.zip[name].key, "")
      version       = try(aws_s3_object.zip[name].version_id, null)
      sha256_base64 = try(aws_s3_object.zip[name].source_hash, null)
    }
  }

  names = {
    account-inventory = var.inventory_lambda_name
    key-rotation      = var.rotation_lambda_name
    notification      = var.notification_lambda_name
  }

  descriptions = {
    account-inventory = "Keywheel: lists the organization's accounts and starts key-rotation for each."
    key-rotation      = "Keywheel: looks after the access keys of one account."
    notification      = "Keywheel: mails the keys' owners."
  }

  mode = var.dry_run_flag ? "audit" : "enforce"

  everywhere = {
    STATE_BUCKET = local.bucket
    STATE_PREFIX = local.state_prefix
  }

  own_environment = {
    account-inventory = {
      RUN_MODE                   = local.mode
      ROTATION_FUNCTION          = var.rotation_lambda_name
      ORG_LIST_ROLE_ARN          = local.organization_list_role_arn
      INCLUDE_MANAGEMENT_ACCOUNT = tostring(var.include_management_account)
      ACK_BUCKET                 = var.ack_bucket
      HOUSEKEEPING_AFTER         = lookup(var.rotation_environment, "HOUSEKEEPING_AFTER", null)
    }
    key-rotation = {
      RUN_MODE                = local.mode
      MEMBER_ROLE_NAME        = var.iam_role_name
      MEMBER_ROLE_EXTERNAL_ID = local.external_id
      NOTIFICATION_FUNCTION   = var.notification_lambda_name
      ROTATION_PERIOD         = tostring(var.rotation_period)
      INACTIVE_PERIOD         = tostring(var.inactive_period)
      INACTIVE_BUFFER         = tostring(local.inactive_buffer)
      EXEMPTION_GROUP         = var.iam_exception_group
      OWNER_TAG               = var.resource_owner_tag
      SECURITY_EMAIL          = var.security_email
      EVENT_BUS               = var.event_bus
      ACK_BUCKET              = var.ack_bucket
    }
    notification = {
      TEMPLATE_BUCKET = local.bucket
      TEMPLATE_PREFIX = local.template_prefix
      SENDER_EMAIL    = var.admin_email_address

      MAILER        = var.mailer
      SNS_TOPIC_ARN = var.notice_topic_arn
    }
  }

  further_environment = {
    account-inventory = var.inventory_environment
    key-rotation      = var.rotation_environment
    notification      = var.notification_environment
  }

  environment = {
    for name, own in local.own_environment : name => {
      for variable, value in merge(local.everywhere, own, name == "notification" ? local.mailer_environment[var.mailer] : {}, name == "key-rotation" ? local.secrets_environment : {}, local.further_environment[name]) :
      variable => value if try(trimspace(value), "") != ""
    }
  }
}

resource "aws_lambda_function" "function" {
  for_each = local.names

  function_name                  = each.value
  description                    = local.descriptions[each.key]
  role                           = aws_iam_role.function[each.key].arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [local.architecture]
  timeout                        = 900
  memory_size                    = 256
  reserved_concurrent_executions = var.stopped && each.key == "key-rotation" ? 0 : try(var.reserved_concurrency[each.key], -1)
  kms_key_arn                    = local.key_arn

  s3_bucket         = local.code[each.key].bucket
  s3_key            = local.code[each.key].key
  s3_object_version = local.code[each.key].version
  source_code_hash  = local.code[each.key].sha256_base64

  environment {
    variables = local.environment[each.key]
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.function[each.key].name
  }

  dynamic "tracing_config" {
    for_each = var.xray_tracing ? ["Active"] : []

    content {
      mode = tracing_config.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.run_lambda_in_vpc ? [local.subnets] : []

    content {
      subnet_ids         = vpc_config.value
      security_group_ids = [aws_security_group.functions[0].id]
    }
  }

  lifecycle {
    precondition {
      condition     = local.code[each.key].bucket != local.no_code.bucket
      error_message = "${var.artifacts_manifest} beside this file does not name the three functions' zips. Upload them with aft-bootstrap, then: terraform -chdir=aft-bootstrap output -raw artifacts_json > account-customization/artifacts.json. Or commit the zips and set zip_folder."
    }

    precondition {
      condition     = local.mailer_is_complete[var.mailer]
      error_message = "mailer = \"smtp\" needs smtp_host and smtp_credentials; mailer = \"mailgun\" needs mailgun_domain, mailgun_region and mailgun_credentials."
    }

    # A hash only tells Terraform of a change; what keeps another zip from running is the version.
    precondition {
      condition     = !local.from_bucket || try(length(local.code[each.key].version) > 0, false)
      error_message = "${var.artifacts_manifest} names no version for ${each.key}: whoever may write the bucket would decide what runs."
    }

    precondition {
      condition     = var.rotation_period < var.inactive_period
      error_message = "rotation_period (${var.rotation_period}) must be below inactive_period (${var.inactive_period}): both are ages of a key in days."
    }
  }

  depends_on = [aws_iam_role_policy.function, aws_iam_role_policy.platform, aws_s3_bucket.state]
}

# Two more tries, and for six hours: what a throttled Lambda keeps that long. What fails for good goes to a queue, and alarms.
resource "aws_lambda_function_event_invoke_config" "function" {
  for_each = local.names

  function_name                = aws_lambda_function.function[each.key].function_name
  maximum_event_age_in_seconds = 21600
  maximum_retry_attempts       = 2

  destination_config {
    on_failure {
      destination = local.failed_events_arn
    }
  }

  depends_on = [aws_sqs_queue.failed_events]
}
