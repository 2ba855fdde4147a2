output "name" {
  value       = aws_lambda_function.this.function_name
  description = "Name of the function."
}

output "alias" {
  value       = aws_lambda_alias.live.name
  description = "The alias that callers use."
}

output "alias_arn" {
  value       = aws_lambda_alias.live.arn
  description = "What callers invoke, and need the right to."
}

output "invoke_arn" {
  value       = aws_lambda_alias.live.invoke_arn
  description = "What API Gateway invokes."
}
