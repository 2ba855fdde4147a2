# F: a manager and its specialists in one function.

terraform {
  backend "s3" {
    key          = "batuta/f.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

locals {
  style     = "f"
  memory_mb = 1024
  hosted    = {}
  managed   = null
  # What the door does to the table. A transaction needs the rights of its writes.
  table_rights = [
    "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "dynamodb:Query",
  ]
}
