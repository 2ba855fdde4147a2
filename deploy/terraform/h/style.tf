# H: AWS holds the loop, in a Bedrock Agent; the door calls it and does its actions.

terraform {
  backend "s3" {
    key          = "batuta/h.tfstate"
    use_lockfile = true
    encrypt      = true
  }
}

variable "foundation_model" {
  type        = string
  default     = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
  description = "Foundation model or inference profile with which the agent plans."
}

variable "execution" {
  type        = string
  default     = "return_control"
  description = "Who does the agent's actions: return_control (the door) or lambda."
}

variable "definition" {
  type        = string
  default     = ""
  description = "The agent's definition; empty for where `batuta package` writes it."
}

variable "guardrail" {
  type        = object({ guardrail = string, version = string })
  default     = null
  description = "The agent's guardrail, by id or ARN; null for the definition's, which may be none."
}

variable "knowledge_bases" {
  type        = map(string)
  default     = null
  description = "Ids of the agent's knowledge bases to what to look for there; null for the definition's."
}

locals {
  style     = "h"
  memory_mb = 512
  hosted    = {}

  managed = {
    definition       = coalesce(var.definition, "../../../dist/agent-h.json")
    foundation_model = var.foundation_model
    execution        = var.execution
    guardrail        = var.guardrail
    knowledge_bases  = var.knowledge_bases
    table            = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"]
  }
  # What the door does to the table. A transaction needs the rights of its writes.
  table_rights = [
    "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "dynamodb:Query",
  ]
}
