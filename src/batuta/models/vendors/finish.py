"""Why a reply ended, in every server's words, as one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from batuta.core.model import StopReason

Finish = Literal["end", "tool_calls", "length", "refused", "broken", "unknown"]

# In lower case. Sources, 2026-11: the reference pages of OpenAI (both APIs), Anthropic, Converse,
# Gemini, DeepSeek, Mistral and OpenRouter; Hugging Face TGI, vLLM and llama.cpp in their sources.
_WORDS: dict[Finish, str] = {
    "end": "stop end_turn stop_sequence eos eos_token complete completed finish finished done end "
    "pause_turn",
    "tool_calls": "tool_calls tool_call tool_use function_call function_calls",
    "length": "length max_tokens max_output_tokens max_new_tokens max_tokens_reached model_length "
    "model_context_window_exceeded context_length_exceeded token_limit",
    "refused": "content_filter content_filtered refusal refused safety recitation blocklist spii "
    "prohibited_content image_safety guardrail_intervened sensitive language",
    "broken": "error network_error insufficient_system_resource abort aborted cancelled failed "
    "malformed_function_call malformed_model_output malformed_tool_use unexpected_tool_call queued "
    "in_progress",
}
_FINISHES: dict[str, Finish] = {
    word: kind for kind, words in _WORDS.items() for word in words.split()
}


def finish_of(said: object) -> Finish:
    """Read a vendor's word; one that is missing, empty or new is unknown.

    >>> finish_of("max_tokens"), finish_of("MALFORMED_FUNCTION_CALL"), finish_of("")
    ('length', 'broken', 'unknown')
    """
    if not isinstance(said, str) or not said:
        return "unknown"
    word = said.strip().lower()
    # Gemini through OpenAI's format: "function_call_filter: MALFORMED_FUNCTION_CALL".
    return _FINISHES.get(word) or _FINISHES.get(word.rpartition(": ")[2], "unknown")


def stop_of(finish: Finish, *, called: bool) -> StopReason:
    """Say why a reply ended; what it holds counts before a word that says nothing of it."""
    if finish in {"length", "refused"}:
        return "length" if finish == "length" else "refused"
    return "tool_calls" if called else "end"
