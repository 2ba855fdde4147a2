# G: a manager, and each specialist in a function, role and model of its own.

terraform {
  backend "s3" {
    key          = "batuta/g.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

locals {
  style     = "g"
  memory_mb = 1024

  # Only one of them books.
  hosted = {
    availability = {
      agents = ["availability"]
      table  = concat(local.ledger, ["dynamodb:Query"])
    }
    booking = {
      agents = ["booking"]
      table  = concat(local.ledger, ["dynamodb:PutItem", "dynamodb:Query"])
    }
  }
  # Where the functions of a run count what it spends.
  ledger = ["dynamodb:GetItem", "dynamodb:UpdateItem"]

  managed = null
  # What the door does to the table. A transaction needs the rights of its writes.
  table_rights = [
    "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "dynamodb:Query",
  ]
}
