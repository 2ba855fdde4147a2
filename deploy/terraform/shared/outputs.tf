output "table" {
  value       = aws_dynamodb_table.this.name
  description = "Name of the table, for the styles' variable of that name."
}

output "table_arn" {
  value       = aws_dynamodb_table.this.arn
  description = "ARN of the table."
}
