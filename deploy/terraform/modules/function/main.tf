# One function with a role, a log, a secret and an alias of its own.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7"
    }
  }
}

locals {
  has_secret = var.secrets_version > 0
  # An alias is what callers know; publishing moves it.
  alias = "live"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = var.description
  role             = aws_iam_role.this.arn
  handler          = "batuta.serve.aws_lambda.handler"
  runtime          = "python${var.python}"
  architectures    = [var.arch]
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = var.memory_mb
  timeout          = var.timeout_s
  publish          = true

  environment {
    variables = merge(
      var.environment,
      local.has_secret ? { BATUTA_SECRETS_ARN = aws_secretsmanager_secret.this[0].arn } : {},
    )
  }

  tracing_config {
    mode = "Active"
  }

  # Without its log group Lambda would make one that keeps everything for ever.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

resource "aws_lambda_alias" "live" {
  name             = local.alias
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

# The keys are written and never read back: they stand neither in the state nor in a plan.
resource "aws_secretsmanager_secret" "this" {
  count = local.has_secret ? 1 : 0

  name                    = var.name
  description             = "Environment of ${var.name}, as JSON"
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "this" {
  count = local.has_secret ? 1 : 0

  secret_id                = aws_secretsmanager_secret.this[0].id
  secret_string_wo         = jsonencode(var.secrets)
  secret_string_wo_version = var.secrets_version
}
