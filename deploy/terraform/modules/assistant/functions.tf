locals {
  account = data.aws_caller_identity.current.account_id
  table   = data.aws_dynamodb_table.shared.arn

  # API Gateway waits for 30 seconds; a function is to be ended before that.
  timeout_s = 29

  environment = merge(var.settings, {
    BATUTA_STYLE = var.style
    BATUTA_STORE = "dynamodb"
    BATUTA_TABLE = var.table
    BATUTA_HOME  = "/tmp/batuta"
  })

  # Of each function, the model that it asks.
  model = {
    for name in concat(["door", "actions"], keys(var.hosted)) :
    name => lookup(var.models, name, lookup(var.models, "default", "offline:rules"))
  }

  # Bedrock's models are reached by the role, others by a key. A name such as eu.vendor.model is an
  # inference profile, which passes a call on to the model in one of several regions.
  bedrock = {
    for name, chain in local.model : name => flatten([
      for model in split("|", chain) : [
        for id in [trimprefix(trimspace(model), "bedrock:")] :
        can(regex("^([a-z]{2}(-[a-z]+)?|apac|global)[.]", id)) ? [
          "arn:${data.aws_partition.current.partition}:bedrock:${data.aws_region.current.region}:${local.account}:inference-profile/${id}",
          "arn:${data.aws_partition.current.partition}:bedrock:*::foundation-model/${replace(id, "/^[a-z-]+[.]/", "")}",
          ] : [
          "arn:${data.aws_partition.current.partition}:bedrock:${data.aws_region.current.region}::foundation-model/${id}",
        ]
      ] if startswith(trimspace(model), "bedrock:")
    ])
  }

  model_rights = {
    for name, arns in local.bedrock : name => length(arns) == 0 ? {} : {
      Models = {
        actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        resources = arns
      }
    }
  }

  table_rights = {
    for name, actions in merge(
      { door = var.table_rights },
      { for name, function in var.hosted : name => function.table },
      var.managed == null ? {} : { actions = var.managed.table },
      ) : name => length(actions) == 0 ? {} : {
      Table = { actions = actions, resources = [local.table] }
    }
  }
}

# What the API calls. Under most styles it is all there is.
module "door" {
  source = "../function"

  name        = "${var.name}-door"
  description = "Style ${upper(var.style)}: answers the HTTP API"
  package     = var.package
  python      = var.python
  arch        = var.arch
  memory_mb   = var.memory_mb
  timeout_s   = local.timeout_s
  log_days    = var.log_days

  environment = merge(
    local.environment,
    { BATUTA_MODEL = local.model.door },
    length(var.hosted) == 0 ? {} : {
      BATUTA_PLACEMENT = jsonencode({
        (var.style) = merge([for name, function in var.hosted : {
          for agent in function.agents :
          agent => "lambda:${module.hosted[name].name}:${module.hosted[name].alias}"
        }]...)
      })
    },
    var.managed == null ? {} : {
      BATUTA_BEDROCK_EXECUTION = var.managed.execution
      BATUTA_BEDROCK_AGENT     = "${aws_bedrockagent_agent.this[0].agent_id}/${aws_bedrockagent_agent_alias.live[0].agent_alias_id}"
    },
  )
  secrets         = merge(lookup(var.secrets, "all", {}), lookup(var.secrets, "door", {}))
  secrets_version = var.secrets_version

  rights = merge(
    local.table_rights.door,
    # A conversation's next turn looks there for writes whose process died before it told of them.
    { Listings = { actions = ["dynamodb:Query"], resources = ["${local.table}/index/listings"] } },
    local.model_rights.door,
    length(var.hosted) == 0 ? {} : {
      Agents = {
        actions   = ["lambda:InvokeFunction"]
        resources = [for function in module.hosted : function.alias_arn]
      }
    },
    var.managed == null ? {} : {
      Agent = {
        actions   = ["bedrock:InvokeAgent"]
        resources = [aws_bedrockagent_agent_alias.live[0].agent_alias_arn]
      }
    },
  )
}

# What the door calls by lambda:InvokeFunction. None has a URL.
module "hosted" {
  source   = "../function"
  for_each = var.hosted

  name        = "${var.name}-${each.key}"
  description = "Style ${upper(var.style)}: hosts ${join(", ", each.value.agents)}"
  package     = var.package
  python      = var.python
  arch        = var.arch
  memory_mb   = var.memory_mb
  timeout_s   = local.timeout_s
  log_days    = var.log_days

  environment     = merge(local.environment, { BATUTA_MODEL = local.model[each.key] })
  secrets         = merge(lookup(var.secrets, "all", {}), lookup(var.secrets, each.key, {}))
  secrets_version = var.secrets_version

  rights = merge(local.table_rights[each.key], local.model_rights[each.key])
}

locals {
  functions = concat(
    [module.door.name],
    [for function in module.hosted : function.name],
    [for function in module.actions : function.name],
  )
}
