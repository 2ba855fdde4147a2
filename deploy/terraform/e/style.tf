# E: one agent holds the loop; one function.

terraform {
  backend "s3" {
    key          = "batuta/e.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

locals {
  style     = "e"
  memory_mb = 1024
  hosted    = {}
  managed   = null
  # What the door does to the table. A transaction needs the rights of its writes.
  table_rights = [
    "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "dynamodb:Query",
  ]
}
