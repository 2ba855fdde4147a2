# Run `terraform init -backend=false` and `terraform test` here. Nothing is asked of AWS.

mock_provider "aws" {}

variables {
  region = "eu-west-1"
}

run "safe_by_default" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "Paid by request."
  }

  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.server_side_encryption[0].enabled
    error_message = "Backed up and encrypted."
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Not deleted by mistake."
  }

  assert {
    condition     = aws_dynamodb_table.this.ttl[0].attribute_name == "expires_at"
    error_message = "What has expired is deleted."
  }
}
