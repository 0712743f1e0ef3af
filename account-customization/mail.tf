resource "aws_sesv2_configuration_set" "keywheel" {
  configuration_set_name = "keywheel"

  delivery_options {
    tls_policy = "REQUIRE"
  }

  reputation_options {
    reputation_metrics_enabled = true
  }

  # Whoever bounced or complained once is not written to again.
  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

# notification names the configuration set with every mail; the identity carries it for whoever else sends as this address.
resource "aws_sesv2_email_identity" "sender" {
  count = var.create_email_identity ? 1 : 0

  email_identity         = var.admin_email_address
  configuration_set_name = aws_sesv2_configuration_set.keywheel.configuration_set_name
}

resource "aws_sesv2_configuration_set_event_destination" "metrics" {
  configuration_set_name = aws_sesv2_configuration_set.keywheel.configuration_set_name
  event_destination_name = "metrics"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT", "DELIVERY", "REJECT", "SEND"]

    cloud_watch_destination {
      dimension_configuration {
        default_dimension_value = "keywheel"
        dimension_name          = "ses:configuration-set"
        dimension_value_source  = "MESSAGE_TAG"
      }
    }
  }
}

# Which mail it was: whoever gets the alarms sees each bounce and complaint.
resource "aws_sesv2_configuration_set_event_destination" "alarms" {
  configuration_set_name = aws_sesv2_configuration_set.keywheel.configuration_set_name
  event_destination_name = "alarms"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT"]

    sns_destination {
      topic_arn = local.alarm_topic_arn
    }
  }

  depends_on = [aws_sns_topic_policy.alarms]
}
