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

run "without_a_vpc_nothing_of_it_is_made" {
  command = plan

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.functions) == 0 && length(aws_lambda_function.function["notification"].vpc_config) == 0
    error_message = "no network"
  }
}

run "outside_of_us_east_1_iam_needs_a_way_out" {
  command = plan

  variables {
    run_lambda_in_vpc  = true
    vpc_id             = "vpc-1"
    subnet_ids         = ["subnet-1", "subnet-2"]
    s3_route_table_ids = ["rtb-1"]
  }

  expect_failures = [aws_security_group.functions]
}

run "with_a_nat_gateway_the_functions_reach_iam_and_the_endpoints" {
  command = plan

  variables {
    run_lambda_in_vpc  = true
    vpc_id             = "vpc-1"
    subnet_ids         = ["subnet-1", "subnet-2"]
    s3_route_table_ids = ["rtb-1"]
    iam_through_nat    = true
  }

  assert {
    condition     = join(" ", keys(aws_vpc_endpoint.interface)) == "email lambda secretsmanager sts"
    error_message = "an endpoint for each service but IAM"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.functions_to_iam) == 1 && aws_vpc_security_group_egress_rule.functions_to_iam[0].to_port == 443
    error_message = "TLS out, and nothing else"
  }

  assert {
    condition     = length(aws_lambda_function.function["key-rotation"].vpc_config) == 1 && length(aws_vpc_security_group_egress_rule.functions_to_endpoints) == 1
    error_message = "the functions are in the VPC"
  }
}

run "a_subnet_of_the_sample_is_enough_for_a_plan" {
  command = plan

  variables {
    run_lambda_in_vpc  = true
    vpc_id             = "vpc-1"
    subnet_id          = "subnet-1"
    iam_through_nat    = true
    create_s3_endpoint = false
  }

  assert {
    condition     = tolist(aws_lambda_function.function["key-rotation"].vpc_config[0].subnet_ids) == tolist(["subnet-1"])
    error_message = "the one subnet"
  }
}

run "in_us_east_1_iam_has_an_endpoint" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { region = "us-east-1" }
  }

  variables {
    run_lambda_in_vpc  = true
    vpc_id             = "vpc-1"
    subnet_ids         = ["subnet-1", "subnet-2"]
    s3_route_table_ids = ["rtb-1"]
  }

  assert {
    condition     = aws_vpc_endpoint.interface["iam"].service_name == "com.amazonaws.iam" && length(aws_vpc_security_group_egress_rule.functions_to_iam) == 0
    error_message = "nothing goes out but to endpoints"
  }
}

run "a_vpc_without_subnets_is_refused" {
  command = plan

  variables {
    run_lambda_in_vpc = true
    iam_through_nat   = true
  }

  expect_failures = [aws_security_group.functions, aws_vpc_endpoint.s3]
}
