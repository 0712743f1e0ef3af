provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "222233334444" }
}

override_data {
  target = data.aws_region.current
  values = { region = "eu-central-1" }
}

variables {
  alarm_emails        = ["on-call@example.com"]
  organization_id     = "o-a1b2c3d4e5"
  org_list_account    = "111122223333"
  admin_email_address = "keywheel@example.com"
  artifacts_manifest  = "tests/artifacts.json"
}

run "the_first_nights_are_audits" {
  command = plan

  assert {
    condition     = output.mode == "audit"
    error_message = "a team that fills in what it must gets audits"
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].environment[0].variables["RUN_MODE"] == "audit" && aws_lambda_function.function["account-inventory"].environment[0].variables["RUN_MODE"] == "audit"
    error_message = "both functions must be told"
  }

  assert {
    condition     = aws_lambda_function.function["account-inventory"].environment[0].variables["ORG_LIST_ROLE_ARN"] == "arn:aws:iam::111122223333:role/keywheel-organization-list"
    error_message = "account-inventory must be told which role lists the organization"
  }

  assert {
    condition     = !contains(keys(aws_lambda_function.function["key-rotation"].environment[0].variables), "OWNER_TAG")
    error_message = "what is not set is not in the environment"
  }
}

run "dry_run_flag_false_enforces" {
  command = plan

  variables {
    dry_run_flag = false
  }

  assert {
    condition     = output.mode == "enforce"
    error_message = "dry_run_flag = false must enforce"
  }
}

run "every_function_is_looked_after" {
  command = plan

  assert {
    condition     = alltrue([for function in aws_lambda_function.function : function.runtime == "provided.al2023" && tolist(function.architectures) == tolist(["arm64"]) && function.reserved_concurrent_executions == -1])
    error_message = "runtime, architecture of the manifest, and no reservation"
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.function : group.retention_in_days > 0])
    error_message = "every log group has a retention"
  }

  assert {
    condition     = length(aws_lambda_function_event_invoke_config.function) == 3 && alltrue([for config in aws_lambda_function_event_invoke_config.function : config.maximum_event_age_in_seconds == 21600 && config.maximum_retry_attempts == 2 && length(config.destination_config[0].on_failure) == 1])
    error_message = "every function has a destination for what fails"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.state.block_public_policy && aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "the bucket is closed and versioned"
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    error_message = "the bucket is encrypted"
  }

  assert {
    condition     = length(aws_s3_object.template) >= 3 && alltrue([for key in keys(aws_s3_object.template) : !endswith(key, ".json")])
    error_message = "the templates are uploaded, and their samples are not"
  }
}

run "no_statement_allows_everything_or_everybody" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:222233334444:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(local.policies), [for document in data.aws_iam_policy_document.platform : document.json], [data.aws_iam_policy_document.schedule.json]) : [
        for statement in jsondecode(policy).Statement : [
          for action in flatten([statement.Action]) : !strcontains(action, "*")
        ]
      ]
    ]))
    error_message = "no action of a role is a pattern"
  }

  assert {
    condition = alltrue(flatten([
      for policy in [data.aws_iam_policy_document.state.json, data.aws_iam_policy_document.failed_events.json, data.aws_iam_policy_document.key.json, data.aws_iam_policy_document.alarms[0].json] : [
        for statement in jsondecode(policy).Statement : statement.Effect == "Deny" || jsonencode(statement.Principal) != jsonencode("*")
      ]
    ]))
    error_message = "nobody in general is allowed anything"
  }
}

run "reservations_are_made_where_asked_for" {
  command = plan

  variables {
    reserved_concurrency = { key-rotation = 100 }
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].reserved_concurrent_executions == 100 && aws_lambda_function.function["notification"].reserved_concurrent_executions == -1
    error_message = "one function has a reservation"
  }
}

run "traces_are_sent_where_asked_for" {
  command = plan

  variables {
    xray_tracing = true
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.function : function.tracing_config[0].mode == "Active"]) && alltrue([for policy in data.aws_iam_policy_document.platform : anytrue([for statement in policy.statement : statement.sid == "SendsTraces"])])
    error_message = "every function is traced, and may send its traces"
  }
}

run "committed_zips_are_versions_of_one_object" {
  command = plan

  variables {
    zip_folder   = "tests/zips"
    architecture = "x86_64"
  }

  assert {
    condition     = aws_s3_object.zip["key-rotation"].key == "code_sources/key-rotation.zip"
    error_message = "every zip is a new version of one object"
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].source_code_hash == filebase64sha256("tests/zips/key-rotation.zip") && tolist(aws_lambda_function.function["key-rotation"].architectures) == tolist(["x86_64"])
    error_message = "the function is told the hash and the architecture"
  }
}

run "without_a_manifest_the_way_out_is_said" {
  command = plan

  variables {
    artifacts_manifest = "artifacts-that-are-not-there.json"
  }

  expect_failures = [aws_lambda_function.function]
}

run "a_delegated_administrator_lists_with_its_own_credentials" {
  command = plan

  variables {
    org_list_role    = ""
    org_list_account = null
  }

  assert {
    condition     = !contains(keys(aws_lambda_function.function["account-inventory"].environment[0].variables), "ORG_LIST_ROLE_ARN")
    error_message = "no role is assumed"
  }

  assert {
    condition     = strcontains(data.aws_iam_policy_document.account_inventory.json, "organizations:ListAccounts") && !strcontains(data.aws_iam_policy_document.account_inventory.json, "sts:AssumeRole")
    error_message = "the role lists the organization itself"
  }
}

run "everything_can_be_stopped" {
  command = plan

  variables {
    stopped = true
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].reserved_concurrent_executions == 0 && aws_lambda_function.function["notification"].reserved_concurrent_executions == -1
    error_message = "key-rotation cannot be started; owners still get what they were to be told"
  }

  assert {
    condition     = aws_scheduler_schedule.daily.state == "DISABLED" && aws_scheduler_schedule.finish.state == "DISABLED" && !aws_cloudwatch_metric_alarm.no_run.actions_enabled
    error_message = "no schedule, and no alarm for that"
  }
}

run "hours_after_the_night_the_latest_run_is_accounted_for" {
  command = plan

  assert {
    condition     = aws_scheduler_schedule.finish.state == "ENABLED" && jsondecode(aws_scheduler_schedule.finish.target[0].input).finish == "latest" && aws_scheduler_schedule.finish.schedule_expression == "cron(0 10 * * ? *)"
    error_message = "a schedule of its own accounts for the latest run"
  }

  assert {
    condition     = aws_scheduler_schedule.finish.schedule_expression_timezone == aws_scheduler_schedule.daily.schedule_expression_timezone
    error_message = "both schedules are in one time zone"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.own["unanswered"].metric_name == "AccountsUnanswered" && aws_cloudwatch_metric_alarm.own["run-going"].metric_name == "RunsGoing"
    error_message = "accounts that never answered alarm, and so does a look that comes too early"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.own["departures"].metric_name == "DeparturesFailed"
    error_message = "what is left of accounts that left the organization alarms when it cannot be put away"
  }
}

run "accounting_for_runs_can_be_switched_off_alone" {
  command = plan

  variables {
    finish_enabled = false
  }

  assert {
    condition     = aws_scheduler_schedule.finish.state == "DISABLED" && aws_scheduler_schedule.daily.state == "ENABLED"
    error_message = "the nightly run goes on"
  }
}

run "a_manifest_without_versions_is_refused" {
  command = plan

  variables {
    artifacts_manifest = "tests/artifacts-without-versions.json"
  }

  expect_failures = [aws_lambda_function.function]
}

run "alarms_that_reach_nobody_are_said" {
  command = plan

  variables {
    alarm_emails = []
  }

  expect_failures = [check.somebody_gets_the_alarms]
}

run "hosts_acknowledge_nowhere_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_s3_bucket.acknowledgements) == 0 && !contains(keys(aws_lambda_function.function["key-rotation"].environment[0].variables), "ACK_BUCKET")
    error_message = "without ack_bucket there is no bucket, and the function is told of none"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["key-rotation"].policy, "ReadsAcknowledgements")
    error_message = "nor may the function read one"
  }
}

run "each_user_of_the_organization_acknowledges_for_itself_alone" {
  command = plan

  variables {
    ack_bucket = "keywheel-acks"
  }

  assert {
    condition     = aws_lambda_function.function["key-rotation"].environment[0].variables["ACK_BUCKET"] == "keywheel-acks"
    error_message = "the function is told where"
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.acknowledgements[0].policy).Statement[0].Resource == "arn:aws:s3:::keywheel-acks/acks/$${aws:PrincipalAccount}/$${aws:username}/*" && jsondecode(aws_s3_bucket_policy.acknowledgements[0].policy).Statement[0].Condition.StringEquals["aws:PrincipalOrgID"] == var.organization_id
    error_message = "a user writes in its own place, and only a user of the organization"
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.acknowledgements[0].policy).Statement : statement.Effect == "Deny" || statement.Action == "s3:PutObject"])
    error_message = "nobody is allowed anything else"
  }
}

run "the_state_bucket_is_no_place_for_hosts" {
  command = plan

  variables {
    s3_bucket_name = "keywheel-acks"
    ack_bucket     = "keywheel-acks"
  }

  expect_failures = [aws_s3_bucket.acknowledgements]
}
