# D: the model suggests calls, our loop makes them; one function.

terraform {
  backend "s3" {
    key          = "batuta/d.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

locals {
  style     = "d"
  memory_mb = 512
  hosted    = {}
  managed   = null
  # What the door does to the table. A transaction needs the rights of its writes.
  table_rights = [
    "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "dynamodb:Query",
  ]
}
