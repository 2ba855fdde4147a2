"""The habits of servers that speak Chat Completions, a row each, with where each was seen.

What is not in a row is as OpenAI has it. A row is of one time: servers change their ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from batuta.errors import ConfigError

Place = Literal["field", "tags", "lone_tag"]
Complaints = Literal["openai", "code", "list", "text", "azure", "inside"]


class Source(NamedTuple):
    """Where something was seen: a repository's file, an issue, or a page, read 2026-11."""

    where: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """What a server does in its own way.

    Args:
        sources: Where its ways were seen.
        thoughts: Where they stand: in fields, between tags, or before a closing tag alone.
        fields: Names of those fields.
        details: Whether ``reasoning_details`` stand beside them.
        wants_thoughts: Whether a call without the thoughts before it is turned away later.
        signs_calls: Whether calls carry a signature that is wanted back.
        call_id: Begins a call's id; empty gives none.
        numbered: Whether calls of a stream have each its own index; else all have 0.
        whole_calls: Whether a streamed call comes in one piece.
        usage: When a stream tells it: where asked for, at the end always, or so far in each chunk.
        apart: Whether reasoning is left out of the output, and told by the total alone.
        details_null: Whether the details of usage are null.
        counts_hits: Whether what was read from its cache and what was not stand in usage.
        comment: Sent before the first event, to keep the line alive.
        alternates: Whether two messages of one side in a row are turned away.
        ignores_choice: Whether ``tool_choice`` changes nothing.
        fences: Whether data comes within a fence.
        filters: Whether the results of its filter stand in every reply, and a prompt may be
            turned away by it.
        complaints: The shape of its errors.
        too_long: How it says that a conversation is longer than the model reads.
        reply: More fields of every reply.
        choice: More fields of every choice.
        owner: Who owns a listed model.
        listed: More fields of a listed model.
    """

    sources: tuple[Source, ...]
    thoughts: Place = "field"
    fields: tuple[str, ...] = ()
    details: bool = False
    wants_thoughts: bool = False
    signs_calls: bool = False
    call_id: str = "call_"
    numbered: bool = True
    whole_calls: bool = False
    usage: Literal["asked", "always", "each"] = "asked"
    apart: bool = False
    details_null: bool = False
    counts_hits: bool = False
    comment: str = ""
    alternates: bool = False
    ignores_choice: bool = False
    fences: bool = False
    filters: bool = False
    complaints: Complaints = "openai"
    too_long: str = ""
    reply: Mapping[str, Any] = field(default_factory=dict[str, Any])
    choice: Mapping[str, Any] = field(default_factory=dict[str, Any])
    owner: str = "batuta-stand-in"
    listed: Mapping[str, Any] = field(default_factory=dict[str, Any])


HABITS: Mapping[str, Habits] = {
    "ollama": Habits(
        sources=(
            Source(
                "ollama/ollama@00988753ff74 openai/openai.go",
                "no tool_choice is read, calls come whole, the field, usage without details",
            ),
            Source(
                "ollama/ollama#15457",
                "parallel calls of one index",
            ),
        ),
        fields=("reasoning",),
        numbered=False,
        whole_calls=True,
        ignores_choice=True,
        details_null=True,
        too_long="the input length exceeds the context length",
        reply={"system_fingerprint": "fp_ollama"},
        owner="library",
    ),
    "vllm": Habits(
        sources=(
            Source(
                "vllm-project/vllm@d7e52523a55c vllm/entrypoints/openai/engine/protocol.py",
                "both names of the field, codes that are numbers, null details, max_model_len",
            ),
            Source(
                "vllm-project/vllm@9cfa5486 vllm/entrypoints/openai/serving_engine.py",
                "the wording of a prompt that is too long",
            ),
            Source(
                "chat templates of Gemma and Mistral on Hugging Face",
                "sides that must alternate",
            ),
        ),
        fields=("reasoning", "reasoning_content"),
        call_id="chatcmpl-tool-",
        alternates=True,
        details_null=True,
        complaints="code",
        too_long="This model's maximum context length is 8192 tokens. However, your request has "
        "9000 input tokens. Please reduce the length of the input messages.",
        reply={"service_tier": None, "system_fingerprint": None, "prompt_logprobs": None,
               "kv_transfer_params": None},
        choice={"stop_reason": None},
        owner="vllm",
        listed={"root": "offline", "parent": None, "max_model_len": 8192},
    ),
    "gemini": Habits(
        sources=(
            Source(
                "https://ai.google.dev/gemini-api/docs/openai and /thought-signatures",
                "extra_content",
            ),
            Source(
                "NousResearch/hermes-agent#62937",
                "one index for parallel calls, which come whole",
            ),
            Source(
                "FuzzAnything/PromptFuzz#42",
                "errors in a list",
            ),
            Source(
                "pydantic/pydantic-ai#5260",
                "usage so far in every chunk, reasoning left out of it",
            ),
        ),
        signs_calls=True,
        call_id="function-call-",
        numbered=False,
        whole_calls=True,
        usage="each",
        apart=True,
        complaints="list",
        too_long="The input token count (1200000) exceeds the maximum number of tokens allowed "
        "(1048576).",
        reply={"service_tier": None},
        owner="google",
        listed={"display_name": "Stand-in"},
    ),
    "deepseek": Habits(
        sources=(
            Source(
                "https://api-docs.deepseek.com/quick_start/rate_limit",
                "comments that keep alive",
            ),
            Source(
                "https://api-docs.deepseek.com/guides/thinking_mode and anomalyco/opencode#24722",
                "thoughts that are wanted back with calls",
            ),
            Source(
                "https://docs.rs/crate/deepseek-sdk/0.3.0/source/src/chat/response.rs",
                "usage of its cache",
            ),
        ),
        fields=("reasoning_content",),
        wants_thoughts=True,
        counts_hits=True,
        call_id="call_00_",
        usage="always",
        comment="keep-alive",
        too_long="This model's maximum context length is 65536 tokens. However, you requested "
        "70000 tokens (70000 in the messages, 0 in the completion). Please reduce the length of "
        "the messages or completion.",
        reply={"system_fingerprint": "fp_stand_in_prod0820_fp8_kvcache"},
        owner="deepseek",
    ),
    "azure": Habits(
        sources=(
            Source(
                "https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter-annotations",
                "the 400 of a prompt, and results in every choice",
            ),
            Source(
                "https://learn.microsoft.com/answers/questions/1533887",
                "a first chunk of no choices",
            ),
            Source(
                "microsoft/autogen#5569, openai/openai-python#786",
                "innererror",
            ),
        ),
        filters=True,
        complaints="azure",
        too_long="This model's maximum context length is 8192 tokens. However, your messages "
        "resulted in 9000 tokens. Please reduce the length of the messages.",
        owner="system",
    ),
    "openrouter": Habits(
        sources=(
            Source(
                "https://openrouter.ai/docs/api-reference/streaming",
                "comments while it works, errors within a good answer",
            ),
            Source(
                "https://openrouter.ai/announcements/standardized-finish-reasons",
                "the native one",
            ),
            Source(
                "https://openrouter.ai/docs/use-cases/reasoning-tokens",
                "reasoning_details",
            ),
            Source(
                "pydantic/pydantic-ai#2323, #3994",
                "HTTP 200 with an error in the body",
            ),
        ),
        fields=("reasoning",),
        details=True,
        comment="OPENROUTER PROCESSING",
        usage="always",
        complaints="inside",
        too_long="This endpoint's maximum context length is 8192 tokens. However, you requested "
        "about 9000 tokens (9000 of text input). Please reduce the length of either one, or use "
        'the "middle-out" transform to compress your prompt automatically.',
        reply={"provider": "Stand-in", "service_tier": None},
        choice={"native_finish_reason": "STOP"},
        listed={"context_length": 8192, "supported_parameters": ["tools", "max_tokens"]},
    ),
    "llamacpp": Habits(
        sources=(
            Source(
                "ggml-org/llama.cpp@25d5b0c53f9a tools/server/README.md",
                "timings, codes that are numbers, a list with meta",
            ),
            Source(
                "ggml-org/llama.cpp b10107 tools/server/server-context.cpp",
                "exceed_context_size_error",
            ),
            Source(
                "xllamacpp 2026.10, tried",
                "ids without a prefix",
            ),
        ),
        fields=("reasoning_content",),
        call_id="",
        details_null=True,
        alternates=True,
        complaints="code",
        too_long="request (9412 tokens) exceeds the available context size (8192 tokens), try "
        "increasing it",
        reply={"system_fingerprint": "b7200-stand-in", "timings": {"predicted_ms": 1.0}},
        owner="llamacpp",
        listed={"meta": {"n_ctx_train": 8192, "n_params": 134515008}},
    ),
    "lmstudio": Habits(
        sources=(
            Source(
                "lmstudio-ai/lmstudio-bug-tracker#618",
                "HTTP 200 where there is no such address",
            ),
            Source(
                "lmstudio-ai/lmstudio-bug-tracker#546",
                "context the overflows, an error that is a text",
            ),
            Source(
                "ItzCrazyKns/Vane#576, #1034",
                "thoughts between tags, or before a closing tag alone",
            ),
            Source(
                "TomBursch/kitchenowl#1021",
                "data within a fence",
            ),
        ),
        thoughts="lone_tag",
        call_id="",
        fences=True,
        complaints="text",
        too_long="Trying to keep the first 6269 tokens when context the overflows. However, the "
        "model is loaded with context length of only 4096 tokens, which is not enough. Try to load "
        "the model with a larger context length, or provide a shorter input",
        reply={"stats": {}, "service_tier": None},
        owner="organization_owner",
    ),
}  # fmt: skip


def habits_of(name: str) -> Habits:
    """Give a server's habits.

    Raises:
        ConfigError: There is no row of that name.
    """
    if name not in HABITS:
        known = ", ".join(HABITS)
        raise ConfigError(f"The stand-in knows no server {name!r}", f"Use one of {known}.")
    return HABITS[name]
