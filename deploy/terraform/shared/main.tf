# The table that the eight styles share. Apply it first, once.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7"
    }
  }
  backend "s3" {
    key          = "batuta/shared.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ project = var.table }, var.tags)
  }
}

# The same as batuta.storage.dynamodb_table has it; a test compares them.
resource "aws_dynamodb_table" "this" {
  name                        = var.table
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = ["pk", "sk", "listing", "place"]

    content {
      name = attribute.value
      type = "S"
    }
  }

  global_secondary_index {
    name            = "listings"
    hash_key        = "listing"
    range_key       = "place"
    projection_type = "INCLUDE"
    non_key_attributes = [
      "session_id", "run_id", "principal_id", "version", "updated_at", "state", "expires_at",
      "booking_id", "slot_id", "court", "playing_day", "start_utc", "end_utc",
      "member_id", "booking_status", "booked_at",
    ]
  }

  ttl {
    enabled        = true
    attribute_name = "expires_at"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_cloudwatch_metric_alarm" "throttled" {
  for_each = toset(["ReadThrottleEvents", "WriteThrottleEvents"])

  alarm_name          = "${var.table}-${each.value}"
  alarm_description   = "DynamoDB refuses calls: one key gets too many, or the table too much at once."
  namespace           = "AWS/DynamoDB"
  metric_name         = each.value
  dimensions          = { TableName = aws_dynamodb_table.this.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
