"""The names of what is told of a run: OpenTelemetry's GenAI conventions, and whose else are read.

The registry moved to a repository of its own after semantic-conventions 1.41.1 and has no release
there; names still change. All of them stand here.

Source: open-telemetry/semantic-conventions 1.41.1 and open-telemetry/semantic-conventions-genai
(its development version of 2026-10); OpenInference's semantic conventions 0.1.30; Langfuse's
"OpenTelemetry: property mapping", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping

VERSION = "gen-ai-dev 2026-10 (semantic-conventions 1.41.1)"
SCOPE = "batuta"

OPERATION = "gen_ai.operation.name"
CONVERSATION = "gen_ai.conversation.id"
WORKFLOW = "gen_ai.workflow.name"
AGENT = "gen_ai.agent.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE = "gen_ai.usage.cache_write.input_tokens"
CACHE_CREATION = "gen_ai.usage.cache_creation.input_tokens"
"""The older name of what is written to a cache: Phoenix 20 reads no other."""
REASONING = "gen_ai.usage.reasoning.output_tokens"
OUTPUT_MESSAGES = "gen_ai.output.messages"
TOOL = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"
ERROR_TYPE = "error.type"

OPERATIONS: Mapping[str, str] = {
    "run": "invoke_workflow",
    "agent": "invoke_agent",
    "model": "chat",
    "tool": "execute_tool",
    "retriever": "retrieval",
}
"""The operation of each kind of span; a step has none, nor has a reranker."""

OPENINFERENCE_KIND = "openinference.span.kind"
KINDS: Mapping[str, str] = {
    "run": "CHAIN",
    "agent": "AGENT",
    "model": "LLM",
    "tool": "TOOL",
    "step": "CHAIN",
    "retriever": "RETRIEVER",
    "reranker": "RERANKER",
}
SESSION = "session.id"
USER = "user.id"
INPUT, OUTPUT = "input.value", "output.value"
COST = "llm.cost.total"

LANGFUSE_TRACE_NAME = "langfuse.trace.name"
LANGFUSE_TAGS = "langfuse.trace.tags"
LANGFUSE_USAGE = "langfuse.observation.usage_details"
LANGFUSE_COST = "langfuse.observation.cost_details"

RUN = "batuta.run.id"
APP = "batuta.app"
STYLE = "batuta.style"
PATTERN = "batuta.pattern"
DOCUMENTS = "batuta.documents"
DECIDED_BY = "batuta.decided_by"
STOP = "batuta.stop_reason"
STAND_IN = "batuta.stand_in"
EFFECT = "batuta.tool.effect"
PRICE_SOURCE = "batuta.price.source"
BUDGET_LEFT = "batuta.budget.left"
HANDOFFS = "batuta.handoffs"
RETRIES = "batuta.retries"

PROVIDERS: Mapping[str, str] = {
    "openai": "openai",
    "openai-chat": "openai",
    "anthropic": "anthropic",
    "bedrock": "aws.bedrock",
    "bedrock-agent": "aws.bedrock",
}
"""Their names for vendors; of others, ours."""

DURATION = "gen_ai.client.operation.duration"
TOKENS = "gen_ai.client.token.usage"
COUNTED = "gen_ai.token.type"
TOOL_DURATION = "gen_ai.execute_tool.duration"
AGENT_DURATION = "gen_ai.invoke_agent.duration"
RUN_DURATION = "gen_ai.invoke_workflow.duration"
