variable "region" {
  type        = string
  description = "AWS region."
}

variable "table" {
  type        = string
  default     = "batuta"
  description = "Name of the DynamoDB table."
}

variable "deletion_protection" {
  type        = bool
  default     = true
  description = "Refuse to delete the table; set it to false and apply before a destroy."
}

variable "alarm_topics" {
  type        = list(string)
  default     = []
  description = "SNS topics told of alarms."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of everything."
}
