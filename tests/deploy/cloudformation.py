"""Rewrites a state as a CloudFormation template, so that cfn-lint judges its values.

The provider's schema knows names and types; cfn-lint knows what AWS takes: numbers, enumerations,
patterns, and the actions that IAM has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.deploy.terraform import resources

Values = Mapping[str, Any]
_WORD = re.compile(r"(?:^|_)([a-z0-9]+)")


def template(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Make the template of all that has a counterpart in CloudFormation."""
    made: dict[str, Any] = {}
    for each in resources(shown):
        if each["type"] in _RESOURCES:
            kind, properties = _RESOURCES[each["type"]]
            name = re.sub(r"\W|_", " ", each["address"]).title().replace(" ", "")
            made[name] = {"Type": kind, "Properties": _present(properties(each["values"]))}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": made}


def left_out(shown: Mapping[str, Any]) -> set[str]:
    """List the types that are not linted."""
    return {each["type"] for each in resources(shown)} - _RESOURCES.keys()


def _named(*names: str, **renamed: str) -> Callable[[Values], dict[str, Any]]:
    """Take arguments over under CloudFormation's names."""
    pairs = {name: "".join(w.title() for w in _WORD.findall(name)) for name in names} | renamed
    return lambda values: {new: values.get(old) for old, new in pairs.items()}


def _function(v: Values) -> dict[str, Any]:
    return {
        **_named(
            "function_name", "description", "role", "handler", "runtime", "memory_size", "timeout",
            "architectures",
        )(v),
        "Code": {"S3Bucket": "packages", "S3Key": v["filename"]},
        "Environment": {"Variables": v["environment"][0]["variables"]},
        "TracingConfig": {"Mode": v["tracing_config"][0]["mode"]},
    }  # fmt: skip


def _policy(v: Values) -> dict[str, Any]:
    document = json.loads(v["policy"])
    return {"PolicyName": v["name"], "PolicyDocument": document, "Roles": [v["role"]]}


def _role(v: Values) -> dict[str, Any]:
    trust = json.loads(v["assume_role_policy"])
    return {"RoleName": v["name"], "AssumeRolePolicyDocument": trust}


def _table(v: Values) -> dict[str, Any]:
    from tests.deploy.table import create_request

    asked = create_request(
        {
            "values": {
                "root_module": {
                    "resources": [{"mode": "managed", "type": "aws_dynamodb_table", "values": v}]
                }
            }
        }
    )
    encryption = asked.pop("SSESpecification")
    return {
        **asked,
        "SSESpecification": {"SSEEnabled": encryption["Enabled"]},
        "TimeToLiveSpecification": {
            "Enabled": v["ttl"][0]["enabled"],
            "AttributeName": v["ttl"][0]["attribute_name"],
        },
        "DeletionProtectionEnabled": v["deletion_protection_enabled"],
    }


def _api(v: Values) -> dict[str, Any]:
    cors = v["cors_configuration"]
    shared = _named("allow_origins", "allow_methods", "allow_headers", "max_age")
    return {
        **_named("name", "description", "protocol_type")(v),
        "CorsConfiguration": _present(shared(cors[0])) if cors else None,
    }


def _authoriser(v: Values) -> dict[str, Any]:
    return {
        **_named("api_id", "name", "authorizer_type", identity_sources="IdentitySource")(v),
        "JwtConfiguration": _named("issuer", "audience")(v["jwt_configuration"][0]),
    }


def _stage(v: Values) -> dict[str, Any]:
    route, log = v["default_route_settings"][0], v["access_log_settings"][0]
    limits = _named("throttling_rate_limit", "throttling_burst_limit", "detailed_metrics_enabled")
    return {
        **_named("api_id", "auto_deploy", name="StageName")(v),
        "DefaultRouteSettings": _present(limits(route)),
        "AccessLogSettings": {"DestinationArn": log["destination_arn"], "Format": log["format"]},
    }


def _alarm(v: Values) -> dict[str, Any]:
    return {
        **_named(
            "alarm_name", "alarm_description", "namespace", "metric_name", "statistic",
            "extended_statistic", "period", "evaluation_periods", "threshold",
            "comparison_operator", "treat_missing_data", "alarm_actions",
        )(v),
        "Dimensions": [{"Name": k, "Value": w} for k, w in v["dimensions"].items()],
    }  # fmt: skip


def _agent(v: Values) -> dict[str, Any]:
    return _named(
        "agent_name", "agent_resource_role_arn", "foundation_model", "instruction",
        idle_session_ttl_in_seconds="IdleSessionTTLInSeconds",
    )(v)  # fmt: skip


_RESOURCES: dict[str, tuple[str, Callable[[Values], dict[str, Any]]]] = {
    "aws_lambda_function": ("AWS::Lambda::Function", _function),
    "aws_lambda_alias": (
        "AWS::Lambda::Alias", _named("name", "function_name", "function_version"),
    ),
    "aws_lambda_permission": (
        "AWS::Lambda::Permission",
        _named("action", "function_name", "principal", "source_arn", "source_account"),
    ),
    "aws_iam_role": ("AWS::IAM::Role", _role),
    "aws_iam_role_policy": ("AWS::IAM::Policy", _policy),
    "aws_dynamodb_table": ("AWS::DynamoDB::Table", _table),
    "aws_cloudwatch_log_group": (
        "AWS::Logs::LogGroup", _named("retention_in_days", name="LogGroupName"),
    ),
    "aws_cloudwatch_metric_alarm": ("AWS::CloudWatch::Alarm", _alarm),
    "aws_secretsmanager_secret": ("AWS::SecretsManager::Secret", _named("name", "description")),
    "aws_apigatewayv2_api": ("AWS::ApiGatewayV2::Api", _api),
    "aws_apigatewayv2_integration": (
        "AWS::ApiGatewayV2::Integration",
        _named(
            "api_id", "integration_type", "integration_uri", "payload_format_version",
            timeout_milliseconds="TimeoutInMillis",
        ),
    ),
    "aws_apigatewayv2_route": (
        "AWS::ApiGatewayV2::Route",
        _named("api_id", "route_key", "target", "authorization_type", "authorizer_id"),
    ),
    "aws_apigatewayv2_authorizer": ("AWS::ApiGatewayV2::Authorizer", _authoriser),
    "aws_apigatewayv2_stage": ("AWS::ApiGatewayV2::Stage", _stage),
    "aws_bedrockagent_agent": ("AWS::Bedrock::Agent", _agent),
}  # fmt: skip


def _present(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value not in (None, [], "")}
