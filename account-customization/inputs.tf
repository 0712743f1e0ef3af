data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id

  external_id = coalesce(var.member_role_external_id, "keywheel-${local.account}")

  # The AFT sample ships an inactive_buffer of 10 beside an inactive_period of 100, and its documents speak of days after
  # deactivation: what is not above inactive_period can mean nothing else.
  buffer_is_interval = var.inactive_buffer <= var.inactive_period
  buffer             = local.buffer_is_interval ? var.inactive_period + var.inactive_buffer : var.inactive_buffer
  inactive_buffer    = var.recovery_grace_period == null ? local.buffer : max(local.buffer, var.inactive_period + var.recovery_grace_period)
}

check "inactive_buffer" {
  assert {
    condition     = !local.buffer_is_interval
    error_message = "inactive_buffer (${var.inactive_buffer}) is not above inactive_period (${var.inactive_period}), so it is taken for days after deactivation: keys are deleted at the age of ${local.inactive_buffer} days. Write inactive_buffer = ${local.inactive_buffer} to say so."
  }
}
