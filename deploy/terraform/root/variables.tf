variable "region" {
  type        = string
  description = "AWS region; that of the table."
}

variable "name" {
  type        = string
  default     = "batuta"
  description = "What names begin with; each style adds its letter."
}

variable "package" {
  type        = string
  default     = ""
  description = "The zip; empty for where `batuta package` writes it."
}

variable "python" {
  type        = string
  default     = "3.13"
  description = "Python of the package."
}

variable "arch" {
  type        = string
  default     = "arm64"
  description = "Machine of the package: arm64 or x86_64."
}

variable "table" {
  type        = string
  default     = "batuta"
  description = "The DynamoDB table that ../shared made."
}

variable "models" {
  type        = map(string)
  default     = {}
  description = "Models as `provider:model`: of `default`, `door` and each hosted function. Without any, the offline stand-in answers."
}

variable "settings" {
  type        = map(string)
  default     = {}
  description = "Further settings, such as BATUTA_RUN_COST_USD."
}

variable "secrets" {
  type        = map(map(string))
  default     = {}
  ephemeral   = true
  description = "Of `all`, `door` and each hosted function: environment variables to secret values. Give it in TF_VAR_secrets, as JSON; it stands in no state and no plan."
}

variable "secrets_version" {
  type        = number
  default     = 0
  description = "Raise it to write the secrets anew; 0 where there are none."
}

variable "jwt" {
  type = object({
    issuer   = string
    audience = list(string)
  })
  default     = null
  description = "Whose tokens the API takes; null for IAM signatures instead."
}

variable "cors_origins" {
  type        = list(string)
  default     = []
  description = "Web pages that may call the API."
}

variable "throttle" {
  type = object({
    rate  = number
    burst = number
  })
  default     = { rate = 10, burst = 20 }
  description = "Requests for each second, and at once."
}

variable "log_days" {
  type        = number
  default     = 30
  description = "Days for which logs are kept."
}

variable "alarms" {
  type = object({
    topics          = optional(list(string), [])
    errors          = optional(number, 1)
    p95_ms          = optional(number, 10000)
    tokens_per_hour = optional(number, 1000000)
  })
  default     = {}
  description = "SNS topics told of alarms; 5xx answers in 5 minutes; p95 latency; tokens in an hour."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of everything."
}
