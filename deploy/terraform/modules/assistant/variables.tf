variable "style" {
  type        = string
  description = "Control style, a to h."

  validation {
    condition     = contains(["a", "b", "c", "d", "e", "f", "g", "h"], var.style)
    error_message = "There are the styles a to h."
  }
}

variable "name" {
  type        = string
  description = "What names begin with."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.name))
    error_message = "Use at most 40 small letters, digits and hyphens; begin with a letter."
  }
}

variable "memory_mb" {
  type        = number
  description = "Memory of each function."
}

variable "hosted" {
  type = map(object({
    agents = list(string)
    table  = list(string)
  }))
  description = "Functions that host agents for the door: name to agents, and DynamoDB actions."
}

variable "table_rights" {
  type        = list(string)
  description = "DynamoDB actions of the door."
}

variable "managed" {
  type = object({
    definition       = string
    foundation_model = string
    execution        = string
    table            = list(string)
    guardrail        = optional(object({ guardrail = string, version = string }))
    knowledge_bases  = optional(map(string))
  })
  description = "The Bedrock Agent of style h; null for the others. `definition` is a file; a guardrail or knowledge bases that are null are those of the definition."

  validation {
    condition     = var.managed == null ? true : contains(["return_control", "lambda"], var.managed.execution)
    error_message = "Actions are done by return_control or by lambda."
  }

  validation {
    condition     = var.managed == null ? true : fileexists(var.managed.definition)
    error_message = "There is no definition of the agent: build it with `batuta package --style h`."
  }

  validation {
    condition     = alltrue([for id, use in try(merge(var.managed.knowledge_bases, {}), {}) : can(regex("^[0-9a-zA-Z]{10}$", id)) && length(use) > 0 && length(use) <= 200])
    error_message = "Knowledge bases are ids of ten letters and digits, each to what to look for there in 1 to 200 characters."
  }

  validation {
    condition     = can(regex("^([1-9][0-9]{0,7}|DRAFT)$", try(var.managed.guardrail.version, "DRAFT")))
    error_message = "The version of a guardrail is a number or DRAFT."
  }
}

variable "package" {
  type        = string
  description = "The zip that `batuta package` wrote."
}

variable "python" {
  type        = string
  description = "Python of the package, such as 3.13."

  validation {
    condition     = contains(["3.11", "3.12", "3.13", "3.14"], var.python)
    error_message = "Packages are made for Python 3.11 to 3.14."
  }
}

variable "arch" {
  type        = string
  description = "Machine of the package: arm64 or x86_64."

  validation {
    condition     = contains(["arm64", "x86_64"], var.arch)
    error_message = "Lambda has arm64 and x86_64."
  }
}

variable "table" {
  type        = string
  description = "Name of the shared DynamoDB table."
}

variable "models" {
  type        = map(string)
  description = "Models as `provider:model`: of `default`, `door` and each hosted function."
}

variable "settings" {
  type        = map(string)
  description = "Further settings of every function, as environment variables; no secrets."

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "BATUTA_")])
    error_message = "Settings begin with BATUTA_."
  }

  validation {
    condition = length(setintersection(keys(var.settings), [
      "BATUTA_SECRET", "BATUTA_OPENAI_KEY", "BATUTA_ANTHROPIC_KEY", "BATUTA_COMPATIBLE_KEY",
    ])) == 0
    error_message = "That is a secret, and settings stand in the state: put it into `secrets`."
  }
}

variable "secrets" {
  type        = map(map(string))
  ephemeral   = true
  description = "Of `all`, `door` and each hosted function: environment variables to secret values."
}

variable "secrets_version" {
  type        = number
  description = "Raise it to write the secrets anew; 0 where there are none."

  validation {
    condition     = var.secrets_version > 0 || (length(var.hosted) == 0 && try(var.managed.execution, "") != "lambda")
    error_message = "Functions that work for the door share BATUTA_SECRET: set secrets and secrets_version."
  }
}

variable "jwt" {
  type = object({
    issuer   = string
    audience = list(string)
  })
  description = "Whose tokens the API takes; null for IAM signatures instead."

  validation {
    condition     = var.jwt == null ? true : startswith(var.jwt.issuer, "https://") && length(var.jwt.audience) > 0
    error_message = "The issuer is an https:// URL, and there is at least one audience."
  }
}

variable "cors_origins" {
  type        = list(string)
  description = "Web pages that may call the API; none where empty."

  validation {
    condition     = !contains(var.cors_origins, "*")
    error_message = "Name the origins: not everybody's page may call the API."
  }
}

variable "throttle" {
  type = object({
    rate  = number
    burst = number
  })
  description = "Requests for each second, and at once, that the API lets through."
}

variable "log_days" {
  type        = number
  description = "Days for which logs are kept."
}

variable "alarms" {
  type = object({
    topics          = list(string)
    errors          = number
    p95_ms          = number
    tokens_per_hour = number
  })
  description = "SNS topics told of alarms, and from where on."
}
