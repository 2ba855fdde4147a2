# C: the steps of B in three functions, called by a coordinator.

terraform {
  backend "s3" {
    key          = "batuta/c.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

locals {
  style     = "c"
  memory_mb = 512

  # Only the last group books.
  hosted = {
    parse = {
      agents = ["parse"]
      table  = local.ledger
    }
    finding = {
      agents = ["availability", "choose"]
      table  = concat(local.ledger, ["dynamodb:Query"])
    }
    booking = {
      agents = ["book", "confirm"]
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
