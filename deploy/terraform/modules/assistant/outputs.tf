output "api_endpoint" {
  value       = aws_apigatewayv2_api.this.api_endpoint
  description = "Where the assistant is."
}

output "functions" {
  value       = local.functions
  description = "Names of the functions, the door first."
}

output "agent" {
  value       = one(aws_bedrockagent_agent_alias.live[*].agent_alias_arn)
  description = "ARN of the Bedrock Agent's alias under style h."
}
