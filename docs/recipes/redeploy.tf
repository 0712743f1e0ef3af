# In the hub, beside the bus that EVENT_BUS names. The events come after the key was published; they may come twice.
resource "aws_cloudwatch_event_rule" "published" {
  name           = "keywheel-backup-published"
  event_bus_name = "keywheel"
  event_pattern  = file("${path.module}/event-pattern.json")
}

resource "aws_cloudwatch_event_target" "redeploy" {
  rule           = aws_cloudwatch_event_rule.published.name
  event_bus_name = "keywheel"
  arn            = "arn:aws:codebuild:eu-central-1:222233334444:project/redeploy-backup"
  role_arn       = "arn:aws:iam::222233334444:role/redeploy-backup"
}
