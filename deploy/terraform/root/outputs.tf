output "api_endpoint" {
  value       = module.assistant.api_endpoint
  description = "Where the assistant is."
}

output "functions" {
  value       = module.assistant.functions
  description = "Names of the functions, the door first."
}

output "agent" {
  value       = module.assistant.agent
  description = "ARN of the Bedrock Agent's alias under style h."
}
