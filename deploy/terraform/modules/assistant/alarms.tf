resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The API answers 5xx: see /aws/lambda/${var.name}-door."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = var.alarms.errors
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topics
  ok_actions          = var.alarms.topics
}

resource "aws_cloudwatch_metric_alarm" "slow" {
  alarm_name          = "${var.name}-slow"
  alarm_description   = "One request of twenty takes longer than ${var.alarms.p95_ms} ms."
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id }
  extended_statistic  = "p95"
  period              = 300
  evaluation_periods  = 3
  threshold           = var.alarms.p95_ms
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topics
  ok_actions          = var.alarms.topics
}

resource "aws_cloudwatch_metric_alarm" "throttled" {
  for_each = toset(local.functions)

  alarm_name          = "${each.value}-throttled"
  alarm_description   = "Lambda refuses to run it: raise the account's or the function's concurrency."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topics
  ok_actions          = var.alarms.topics
}

# The door writes the tokens of each run to its log, and CloudWatch makes a metric of them.
resource "aws_cloudwatch_metric_alarm" "spending" {
  alarm_name          = "${var.name}-spending"
  alarm_description   = "More than ${var.alarms.tokens_per_hour} tokens in an hour."
  namespace           = "Batuta"
  metric_name         = "tokens"
  dimensions          = { function = module.door.name }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = var.alarms.tokens_per_hour
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topics
  ok_actions          = var.alarms.topics
}
