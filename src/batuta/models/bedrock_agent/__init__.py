"""A Bedrock Agent as a model: AWS keeps the conversation and the loop, and asks us for actions."""

from batuta.models.bedrock_agent.associations import (
    Guardrail,
    KnowledgeBase,
    read_guardrail,
    read_knowledge_bases,
)
from batuta.models.bedrock_agent.definition import AgentDefinition, agent_definition
from batuta.models.bedrock_agent.model import AgentAccess, BedrockAgentModel

__all__ = [
    "AgentAccess",
    "AgentDefinition",
    "BedrockAgentModel",
    "Guardrail",
    "KnowledgeBase",
    "agent_definition",
    "read_guardrail",
    "read_knowledge_bases",
]
