# Run `terraform init -backend=false` and `terraform test` here. Nothing is asked of AWS.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }
  mock_data "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/batuta" }
  }
}

variables {
  style           = "a"
  name            = "batuta-a"
  memory_mb       = 512
  hosted          = {}
  table_rights    = ["dynamodb:GetItem"]
  managed         = null
  package         = "tests/package.zip"
  python          = "3.13"
  arch            = "arm64"
  table           = "batuta"
  models          = {}
  settings        = {}
  secrets         = {}
  secrets_version = 0
  jwt             = null
  cors_origins    = []
  throttle        = { rate = 10, burst = 20 }
  log_days        = 30
  alarms          = { topics = [], errors = 1, p95_ms = 10000, tokens_per_hour = 1000000 }
}

run "closed_by_default" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_route.all.authorization_type == "AWS_IAM"
    error_message = "Without a JWT issuer a request has to be signed."
  }

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "No web page may call the API unless it is named."
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 10
    error_message = "Requests are throttled."
  }

  assert {
    condition     = aws_apigatewayv2_integration.door.payload_format_version == "2.0"
    error_message = "The handler reads payload format 2.0."
  }

  assert {
    condition     = length(aws_bedrockagent_agent.this) == 0 && length(module.hosted) == 0
    error_message = "Style a is one function."
  }
}

run "tokens_of_an_issuer" {
  command = plan

  variables {
    jwt          = { issuer = "https://issuer.example", audience = ["club"] }
    cors_origins = ["https://club.example"]
  }

  assert {
    condition     = aws_apigatewayv2_route.all.authorization_type == "JWT"
    error_message = "Tokens of the issuer open the API."
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt[0].jwt_configuration[0].audience == toset(["club"])
    error_message = "The audience is checked."
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["https://club.example"])
    error_message = "The named page may call the API, and no other."
  }
}

run "agents_in_functions_of_their_own" {
  command = plan

  variables {
    style           = "c"
    hosted          = { parse = { agents = ["parse"], table = [] }, booking = { agents = ["book", "confirm"], table = ["dynamodb:PutItem"] } }
    secrets         = { all = { BATUTA_SECRET = "made up" } }
    secrets_version = 1
  }

  assert {
    condition     = length(module.hosted) == 2
    error_message = "Each group of agents has a function."
  }
}

run "a_bedrock_agent" {
  command = plan

  variables {
    style           = "h"
    secrets         = { all = { BATUTA_SECRET = "made up" } }
    secrets_version = 1
    managed = {
      definition       = "tests/agent.json"
      foundation_model = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
      execution        = "lambda"
      table            = ["dynamodb:PutItem"]
    }
  }

  assert {
    condition     = length(module.actions) == 1
    error_message = "Under lambda execution a function does the actions."
  }

  assert {
    condition     = aws_bedrockagent_agent_action_group.this[0].function_schema[0].member_functions[0].functions[0].name == "opening_hours"
    error_message = "The agent's functions are those of the definition."
  }

  assert {
    condition     = length(aws_bedrockagent_agent_knowledge_base_association.this) == 0 && !strcontains(aws_iam_role_policy.agent[0].policy, "Guardrail")
    error_message = "Nothing stands beside the agent unless it is named."
  }

  assert {
    condition     = aws_bedrockagent_agent.this[0].prepare_agent && aws_bedrockagent_agent_action_group.this[0].prepare_agent
    error_message = "The agent is prepared after a change of either, before the alias moves."
  }
}

run "a_guardrail_and_knowledge_bases" {
  command = plan

  variables {
    style = "h"
    managed = {
      definition       = "tests/agent.json"
      foundation_model = "amazon.nova-lite-v1:0"
      execution        = "return_control"
      table            = []
      guardrail        = { guardrail = "gr1abc2def", version = "3" }
      knowledge_bases  = { KB12345678 = "rules of the club" }
    }
  }

  assert {
    condition     = aws_bedrockagent_agent.this[0].guardrail_configuration[0].guardrail_identifier == "gr1abc2def" && aws_bedrockagent_agent.this[0].guardrail_configuration[0].guardrail_version == "3"
    error_message = "The agent has the guardrail."
  }

  assert {
    condition     = aws_bedrockagent_agent_knowledge_base_association.this["KB12345678"].description == "rules of the club"
    error_message = "The agent has the knowledge base, and knows what for."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.agent[0].policy).Statement : [s.Action, s.Resource] if contains(["Guardrail", "KnowledgeBases"], s.Sid)] == [
      [["bedrock:ApplyGuardrail"], ["arn:aws:bedrock:eu-west-1:123456789012:guardrail/gr1abc2def"]],
      [["bedrock:Retrieve"], ["arn:aws:bedrock:eu-west-1:123456789012:knowledge-base/KB12345678"]],
    ]
    error_message = "The agent's role may use these and no others."
  }
}

run "those_of_the_definition" {
  command = plan

  variables {
    style = "h"
    managed = {
      definition       = "tests/guarded.json"
      foundation_model = "amazon.nova-lite-v1:0"
      execution        = "return_control"
      table            = []
    }
  }

  assert {
    condition     = aws_bedrockagent_agent.this[0].guardrail_configuration[0].guardrail_version == "DRAFT" && keys(aws_bedrockagent_agent_knowledge_base_association.this) == ["KB87654321"]
    error_message = "Where no variable says otherwise, what `batuta package` wrote holds."
  }
}

run "refuses_a_knowledge_base_without_an_id" {
  command         = plan
  expect_failures = [var.managed]

  variables {
    style = "h"
    managed = {
      definition       = "tests/agent.json"
      foundation_model = "amazon.nova-lite-v1:0"
      execution        = "return_control"
      table            = []
      knowledge_bases  = { rules = "rules of the club" }
    }
  }
}

run "refuses_everybody_s_page" {
  command         = plan
  expect_failures = [var.cors_origins]

  variables {
    cors_origins = ["*"]
  }
}

run "refuses_a_secret_among_the_settings" {
  command         = plan
  expect_failures = [var.settings]

  variables {
    settings = { BATUTA_SECRET = "made up" }
  }
}

run "refuses_hosted_agents_without_a_secret" {
  command         = plan
  expect_failures = [var.secrets_version]

  variables {
    style  = "c"
    hosted = { parse = { agents = ["parse"], table = [] } }
  }
}

run "refuses_an_issuer_without_tls" {
  command         = plan
  expect_failures = [var.jwt]

  variables {
    jwt = { issuer = "http://issuer.example", audience = ["club"] }
  }
}
