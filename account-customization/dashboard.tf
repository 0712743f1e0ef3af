locals {
  own_metrics = {
    "Accounts"  = [["account-inventory", "AccountsListed"], ["account-inventory", "AccountsInvoked"], ["account-inventory", "AccountsSkipped"], ["account-inventory", "AccountsFailed"], ["account-inventory", "AccountsUnanswered"], ["key-rotation", "AccountsUnreachable"]]
    "Steps"     = [["key-rotation", "StepsDone"], ["key-rotation", "StepsDeferred"], ["key-rotation", "StepsFailed"], ["key-rotation", "KeysOverdue"]]
    "Mail"      = [["notification", "NoticesSent"], ["notification", "NoticesDeferred"], ["notification", "NoticesFailed"], ["key-rotation", "DigestsFailed"]]
    "Runs"      = [["key-rotation", "RunsIncomplete"], ["key-rotation", "RunsHandedOn"], ["account-inventory", "FanOutsHandedOn"], ["key-rotation", "HandOnsExhausted"]]
    "Inventory" = [["key-rotation", "UsersSeen"], ["key-rotation", "KeysSeen"]]
  }

  own_widgets = [
    for place, title in keys(local.own_metrics) : {
      type   = "metric"
      x      = 12 * (place % 2)
      y      = 6 * floor(place / 2)
      width  = 12
      height = 6
      properties = {
        title   = title
        region  = local.region
        stat    = "Sum"
        period  = 86400
        view    = "timeSeries"
        metrics = [for metric in local.own_metrics[title] : ["Keywheel", metric[1], "Function", metric[0]]]
      }
    }
  ]

  lambda_widget = {
    type   = "metric"
    x      = 12
    y      = 12
    width  = 12
    height = 6
    properties = {
      title   = "Lambda"
      region  = local.region
      stat    = "Sum"
      period  = 3600
      view    = "timeSeries"
      metrics = [for pair in setproduct(values(local.names), ["Invocations", "Errors", "Throttles"]) : ["AWS/Lambda", pair[1], "FunctionName", pair[0]]]
    }
  }
}

resource "aws_cloudwatch_dashboard" "keywheel" {
  dashboard_name = "keywheel"
  dashboard_body = jsonencode({ widgets = concat(local.own_widgets, [local.lambda_widget]) })
}
