# The same under every style: a .. h link to it. What differs stands in their style.tf.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ project = var.name, style = local.style }, var.tags)
  }
}

module "assistant" {
  source = "../modules/assistant"

  style        = local.style
  name         = "${var.name}-${local.style}"
  memory_mb    = local.memory_mb
  hosted       = local.hosted
  table_rights = local.table_rights
  managed      = local.managed

  package         = coalesce(var.package, "../../../dist/lambda-${local.style}-${var.arch}.zip")
  python          = var.python
  arch            = var.arch
  table           = var.table
  models          = var.models
  settings        = var.settings
  secrets         = var.secrets
  secrets_version = var.secrets_version

  jwt          = var.jwt
  cors_origins = var.cors_origins
  throttle     = var.throttle
  log_days     = var.log_days
  alarms       = var.alarms
}
