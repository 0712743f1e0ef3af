locals {
  subnets = distinct(compact(concat(var.subnet_ids, [var.subnet_id])))

  # IAM and Organizations are one service each for a whole partition. Their endpoints for VPCs are in us-east-1 alone:
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_interface_vpc_endpoints.html
  iam_has_endpoint = local.region == "us-east-1"

  interface_endpoints = {
    sts            = { wanted = var.create_sts_endpoint, service = "sts" }
    secretsmanager = { wanted = var.create_secretsmanager_endpoint, service = "secretsmanager" }
    lambda         = { wanted = var.create_lambda_endpoint, service = "lambda" }
    email          = { wanted = var.create_ses_endpoint, service = "email" }
    organizations  = { wanted = var.create_iam_endpoint && local.iam_has_endpoint, service = "organizations" }
    iam            = { wanted = var.create_iam_endpoint && local.iam_has_endpoint, service = "iam" }
  }

  wanted_endpoints = { for name, endpoint in local.interface_endpoints : name => endpoint.service if var.run_lambda_in_vpc && endpoint.wanted }
  with_endpoint_sg = var.run_lambda_in_vpc && var.create_endpoint_sg
  endpoint_sg      = local.with_endpoint_sg ? aws_security_group.endpoints[0].id : var.endpoint_security_group_id
  through_nat      = var.run_lambda_in_vpc && var.iam_through_nat
}

resource "aws_security_group" "functions" {
  count = var.run_lambda_in_vpc ? 1 : 0

  name        = "keywheel-functions"
  description = "Keywheel's functions: out to AWS over TLS, nothing in."
  vpc_id      = var.vpc_id

  lifecycle {
    precondition {
      condition     = var.vpc_id != null && length(local.subnets) > 0
      error_message = "run_lambda_in_vpc needs vpc_id, and subnet_ids (or subnet_id)."
    }

    precondition {
      condition     = local.iam_has_endpoint || var.iam_through_nat
      error_message = "In ${local.region} a VPC reaches IAM and Organizations only through a NAT gateway or a transit gateway: their endpoints exist in us-east-1 alone. Give the subnets such a way and set iam_through_nat = true, or set run_lambda_in_vpc = false."
    }

    precondition {
      condition     = var.iam_through_nat || (var.mailer == "ses" && var.event_bus == "" && var.notice_topic_arn == null)
      error_message = "In a VPC an SMTP server, Mailgun, an SNS topic and an EventBridge bus are reached only through a NAT gateway or a transit gateway. Give the subnets such a way and set iam_through_nat = true."
    }

    precondition {
      condition     = var.create_endpoint_sg || var.endpoint_security_group_id != null
      error_message = "create_endpoint_sg = false needs endpoint_security_group_id, the group of the endpoints that exist."
    }
  }
}

resource "aws_vpc_security_group_egress_rule" "functions_to_endpoints" {
  count = var.run_lambda_in_vpc ? 1 : 0

  security_group_id            = aws_security_group.functions[0].id
  description                  = "TLS to the endpoints"
  referenced_security_group_id = local.endpoint_sg
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

# S3's gateway endpoint has no security group; its addresses are a list that AWS keeps.
resource "aws_vpc_security_group_egress_rule" "functions_to_s3" {
  count = var.run_lambda_in_vpc && var.create_s3_endpoint ? 1 : 0

  security_group_id = aws_security_group.functions[0].id
  description       = "TLS to S3"
  prefix_list_id    = aws_vpc_endpoint.s3[0].prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# IAM's addresses are in no list.
resource "aws_vpc_security_group_egress_rule" "functions_to_iam" {
  count = local.through_nat ? 1 : 0

  security_group_id = aws_security_group.functions[0].id
  description       = "TLS to IAM, through NAT"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# A mail server's addresses are its own affair; its certificate says who it is.
resource "aws_vpc_security_group_egress_rule" "functions_to_smtp" {
  count = local.through_nat && var.mailer == "smtp" ? 1 : 0

  security_group_id = aws_security_group.functions[0].id
  description       = "TLS to the SMTP server, through NAT"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = local.smtp_port
  to_port           = local.smtp_port
}

resource "aws_security_group" "endpoints" {
  count = local.with_endpoint_sg ? 1 : 0

  name        = "keywheel-endpoints"
  description = "AWS's endpoints for Keywheel's functions."
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_functions" {
  count = local.with_endpoint_sg ? 1 : 0

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "TLS from Keywheel's functions"
  referenced_security_group_id = aws_security_group.functions[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.wanted_endpoints

  vpc_id              = var.vpc_id
  vpc_endpoint_type   = "Interface"
  service_name        = each.key == "iam" ? "com.amazonaws.iam" : "com.amazonaws.${local.region}.${each.value}"
  subnet_ids          = local.subnets
  security_group_ids  = [local.endpoint_sg]
  private_dns_enabled = true
}

resource "aws_vpc_endpoint" "s3" {
  count = var.run_lambda_in_vpc && var.create_s3_endpoint ? 1 : 0

  vpc_id            = var.vpc_id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${local.region}.s3"
  route_table_ids   = var.s3_route_table_ids

  lifecycle {
    precondition {
      condition     = length(var.s3_route_table_ids) > 0
      error_message = "The gateway endpoint of S3 needs s3_route_table_ids, the route tables of the subnets; or set create_s3_endpoint = false where there is one."
    }
  }
}
