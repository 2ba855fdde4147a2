# A: the model only parses; one function.

terraform {
  backend "s3" {
    key          = "batuta/a.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

locals {
  style     = "a"
  memory_mb = 512
  hosted    = {}
  managed   = null
  # What the door does to the table. A transaction needs the rights of its writes.
  table_rights = [
    "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "dynamodb:Query",
  ]
}
