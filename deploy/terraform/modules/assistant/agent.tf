# Style h: the agent is AWS's, made of what `batuta package` says of the App.

locals {
  managed    = var.managed == null ? [] : [var.managed]
  definition = [for managed in local.managed : jsondecode(file(managed.definition))]
  by_lambda  = [for managed in local.managed : managed if managed.execution == "lambda"]
  guardrails = [for managed in local.managed : managed.guardrail != null ? managed.guardrail : try(local.definition[0].guardrail, null)]
  guardrail  = [for guardrail in local.guardrails : guardrail if guardrail != null]
  # By id: what the agent looks for there.
  knowledge_bases = merge([for managed in local.managed : managed.knowledge_bases != null ? managed.knowledge_bases : {
    for each in try(local.definition[0].knowledge_bases, []) : each.knowledge_base => each.use
  }]...)
  agent_source = "arn:${data.aws_partition.current.partition}:bedrock:${data.aws_region.current.region}:${local.account}:agent/*"
}

resource "aws_iam_role" "agent" {
  count = length(local.managed)

  name = "${var.name}-agent"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "bedrock.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = local.agent_source }
      }
    }]
  })
}

resource "aws_iam_role_policy" "agent" {
  count = length(local.managed)

  name = "own"
  role = aws_iam_role.agent[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Models"
        Effect   = "Allow"
        Action   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        Resource = local.planner[0]
      }],
      # An agent looks up its profile before it uses it.
      [for profile in local.planner[0] : {
        Sid      = "Profile"
        Effect   = "Allow"
        Action   = ["bedrock:GetInferenceProfile"]
        Resource = [profile]
      } if strcontains(profile, ":inference-profile/")],
      [for guardrail in local.guardrail : {
        Sid    = "Guardrail"
        Effect = "Allow"
        Action = ["bedrock:ApplyGuardrail"]
        Resource = [startswith(guardrail.guardrail, "arn:") ? guardrail.guardrail :
        "arn:${data.aws_partition.current.partition}:bedrock:${data.aws_region.current.region}:${local.account}:guardrail/${guardrail.guardrail}"]
      }],
      length(local.knowledge_bases) == 0 ? [] : [{
        Sid    = "KnowledgeBases"
        Effect = "Allow"
        Action = ["bedrock:Retrieve"]
        Resource = [for id in keys(local.knowledge_bases) :
        "arn:${data.aws_partition.current.partition}:bedrock:${data.aws_region.current.region}:${local.account}:knowledge-base/${id}"]
      }],
    )
  })
}

locals {
  planner = [for managed in local.managed :
    can(regex("^([a-z]{2}(-[a-z]+)?|apac|global)[.]", managed.foundation_model)) ? [
      "arn:${data.aws_partition.current.partition}:bedrock:${data.aws_region.current.region}:${local.account}:inference-profile/${managed.foundation_model}",
      "arn:${data.aws_partition.current.partition}:bedrock:*::foundation-model/${replace(managed.foundation_model, "/^[a-z-]+[.]/", "")}",
      ] : [
      "arn:${data.aws_partition.current.partition}:bedrock:${data.aws_region.current.region}::foundation-model/${managed.foundation_model}",
    ]
  ]
}

resource "aws_bedrockagent_agent" "this" {
  count = length(local.managed)

  agent_name                  = var.name
  agent_resource_role_arn     = aws_iam_role.agent[0].arn
  foundation_model            = local.managed[0].foundation_model
  instruction                 = local.definition[0].instruction
  idle_session_ttl_in_seconds = 1800
  guardrail_configuration = length(local.guardrail) == 0 ? null : [for guardrail in local.guardrail : {
    guardrail_identifier = guardrail.guardrail
    guardrail_version    = guardrail.version
  }]
  # After a change of its own; its action group prepares it after one of that.
  prepare_agent = true

  depends_on = [aws_iam_role_policy.agent]
}

resource "aws_bedrockagent_agent_knowledge_base_association" "this" {
  for_each = local.knowledge_bases

  agent_id             = aws_bedrockagent_agent.this[0].agent_id
  knowledge_base_id    = each.key
  description          = each.value
  knowledge_base_state = "ENABLED"
}

resource "aws_bedrockagent_agent_action_group" "this" {
  count = length(local.managed)

  # An association prepares nothing by itself: a change of one changes this text, and so prepares.
  description                = length(local.knowledge_bases) == 0 ? null : "Beside knowledge bases ${substr(sha256(jsonencode(local.knowledge_bases)), 0, 16)}"
  action_group_name          = "actions"
  agent_id                   = aws_bedrockagent_agent.this[0].agent_id
  agent_version              = "DRAFT"
  skip_resource_in_use_check = true
  prepare_agent              = true

  action_group_executor {
    custom_control = length(local.by_lambda) == 0 ? "RETURN_CONTROL" : null
    lambda         = length(local.by_lambda) == 0 ? null : module.actions[0].alias_arn
  }

  function_schema {
    member_functions {
      dynamic "functions" {
        for_each = local.definition[0].functions

        content {
          name        = functions.value.name
          description = functions.value.description

          dynamic "parameters" {
            for_each = functions.value.parameters

            content {
              map_block_key = parameters.key
              type          = parameters.value.type
              description   = parameters.value.description
              required      = parameters.value.required
            }
          }
        }
      }
    }
  }

  depends_on = [aws_bedrockagent_agent_knowledge_base_association.this]
}

# An update of an alias without a routing makes a new version of the agent and points at it. What
# the version is made of stands in the description, so that each change is such an update.
resource "aws_bedrockagent_agent_alias" "live" {
  count = length(local.managed)

  agent_alias_name = "live"
  agent_id         = aws_bedrockagent_agent.this[0].agent_id
  description = "Version of ${substr(sha256(jsonencode([
    local.definition[0], local.managed[0].foundation_model,
    aws_bedrockagent_agent_action_group.this[0].action_group_executor,
    local.guardrail, local.knowledge_bases,
  ])), 0, 16)}"

  depends_on = [aws_bedrockagent_agent_action_group.this]
}

# What AWS calls for an action, where the definition says so; it has no right to call the agent.
module "actions" {
  source = "../function"
  count  = length(local.by_lambda)

  name        = "${var.name}-actions"
  description = "Style ${upper(var.style)}: does what the Bedrock Agent wishes for"
  package     = var.package
  python      = var.python
  arch        = var.arch
  memory_mb   = var.memory_mb
  timeout_s   = local.timeout_s
  log_days    = var.log_days

  environment     = merge(local.environment, { BATUTA_MODEL = local.model.actions })
  secrets         = merge(lookup(var.secrets, "all", {}), lookup(var.secrets, "actions", {}))
  secrets_version = var.secrets_version

  rights = local.table_rights.actions
}

resource "aws_lambda_permission" "agent" {
  count = length(local.by_lambda)

  statement_id   = "agent"
  action         = "lambda:InvokeFunction"
  function_name  = module.actions[0].name
  qualifier      = module.actions[0].alias
  principal      = "bedrock.amazonaws.com"
  source_account = local.account
  source_arn     = aws_bedrockagent_agent.this[0].agent_arn
}
