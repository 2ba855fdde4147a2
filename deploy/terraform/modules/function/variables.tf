variable "name" {
  type        = string
  description = "Name of the function, its role, its log and its secret."
}

variable "description" {
  type        = string
  description = "What the function is for."
}

variable "package" {
  type        = string
  description = "The zip that `batuta package` wrote."

  validation {
    condition     = fileexists(var.package)
    error_message = "There is no ${var.package}: build it with `batuta package` first."
  }
}

variable "python" {
  type        = string
  description = "Python of the package, such as 3.13."
}

variable "arch" {
  type        = string
  description = "Machine of the package: arm64 or x86_64."
}

variable "memory_mb" {
  type        = number
  description = "Memory; Lambda gives CPU in proportion to it."
}

variable "timeout_s" {
  type        = number
  description = "Seconds after which AWS kills it."
}

variable "log_days" {
  type        = number
  description = "Days for which its log is kept."
}

variable "environment" {
  type        = map(string)
  description = "Its settings; no secrets."
}

variable "secrets" {
  type        = map(string)
  ephemeral   = true
  description = "Secret settings: names of environment variables to values."
}

variable "secrets_version" {
  type        = number
  description = "Raise it to write the secrets anew; 0 for a function without any."
}

variable "rights" {
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))
  description = "What its role may do, beside writing its log and reading its secret."
}
