"""Thoughts as each vendor gives them with a reply, and as it wants them back.

A signature is a digest of what it signs, so that whatever was lost, changed or given to somebody
else on the way is turned away in the vendor's own words.

Sources: https://docs.claude.com/en/docs/build-with-claude/extended-thinking,
https://platform.openai.com/docs/guides/reasoning, botocore's model of Converse (read 2026-11).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from batuta.standin.failures import invalid
from batuta.standin.json_node import array_in, object_in

_DIGEST = 24
_SEALED = "gAAAA"


def signature_of(text: str) -> str:
    """Sign a text."""
    return hashlib.sha256(f"batuta {text}".encode("utf-8", "replace")).hexdigest()[:_DIGEST]


def thinking_block(thoughts: str) -> dict[str, Any]:
    """Make Anthropic's block."""
    return {"type": "thinking", "thinking": thoughts, "signature": signature_of(thoughts)}


def reasoning_content(thoughts: str) -> dict[str, Any]:
    """Make Bedrock's block."""
    held = {"text": thoughts, "signature": signature_of(thoughts)}
    return {"reasoningContent": {"reasoningText": held}}


def reasoning_item(thoughts: str, suffix: str, *, sealed: bool) -> dict[str, Any]:
    """Make OpenAI's item.

    Args:
        suffix: Of its id, shared with the items that follow it.
        sealed: Whether encrypted content was asked for.
    """
    summary = {"type": "summary_text", "text": thoughts}
    made: dict[str, Any] = {"id": f"rs_{suffix}", "type": "reasoning", "summary": [summary]}
    return {**made, "encrypted_content": _SEALED + signature_of(suffix)} if sealed else made


def check_claude(raw: Mapping[str, Any]) -> None:
    """See that the calls of the turn that is on come with the thoughts before them.

    Raises:
        Rejected: They don't, or the thoughts are not those that were given.
    """
    for place, message in _this_turn(raw):
        blocks = [object_in(block) or {} for block in array_in(message.get("content")) or []]
        kinds = [str(block.get("type")) for block in blocks]
        where = f"messages.{place}.content.0"
        if "tool_use" in kinds and kinds[0] not in {"thinking", "redacted_thinking"}:
            raise invalid(
                f"{where}.type: Expected `thinking` or `redacted_thinking`, but found "
                f"`{kinds[0]}`. When `thinking` is enabled, a final `assistant` message must start "
                "with a thinking block.",
                where,
            )
        for block in blocks:
            signed = signature_of(str(block.get("thinking")))
            if block.get("type") == "thinking" and block.get("signature") != signed:
                raise invalid(f"{where}: Invalid `signature` in `thinking` block", where)


def check_converse(raw: Mapping[str, Any]) -> None:
    """Do ``check_claude`` in Bedrock's shape.

    Raises:
        Rejected: As there.
    """
    for place, message in _this_turn(raw):
        blocks = [object_in(block) or {} for block in array_in(message.get("content")) or []]
        if any("toolUse" in block for block in blocks) and "reasoningContent" not in blocks[0]:
            raise invalid(
                f"messages.{place}.content.0.type: Expected `thinking` or `redacted_thinking`, but "
                "found `tool_use`."
            )
        for block in blocks:
            thought = object_in(
                (object_in(block.get("reasoningContent")) or {}).get("reasoningText")
            )
            if thought and thought.get("signature") != signature_of(str(thought.get("text"))):
                raise invalid(
                    f"messages.{place}.content.0: Invalid `signature` in `thinking` block"
                )


def check_responses(raw: Mapping[str, Any]) -> None:
    """See that an item and its reasoning come together, and unchanged.

    Raises:
        Rejected: They don't.
    """
    items = [object_in(item) or {} for item in array_in(raw.get("input")) or []]
    for place, item in enumerate(items):
        kind, name = item.get("type"), str(item.get("id") or "")
        suffix = name.partition("_")[2].partition(".")[0]
        after = items[place + 1] if place + 1 < len(items) else {}
        if kind == "reasoning":
            if item.get("encrypted_content") != _SEALED + signature_of(suffix):
                raise invalid(f"The encrypted content for item {name} could not be verified.")
            if suffix not in str(after.get("id") or ""):
                raise invalid(
                    f"Item '{name}' of type 'reasoning' was provided without its required "
                    "following item."
                )
        elif suffix and "." in name and not _has_reasoning(items[:place], suffix):
            raise invalid(
                f"Item '{name}' of type '{kind}' was provided without its required 'reasoning' "
                f"item: 'rs_{suffix}'."
            )


def _has_reasoning(items: Sequence[Mapping[str, Any]], suffix: str) -> bool:
    return any(item.get("id") == f"rs_{suffix}" for item in items)


def _this_turn(raw: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """Give the assistant's messages since the user last said something."""
    made: list[tuple[int, Mapping[str, Any]]] = []
    for place, value in enumerate(array_in(raw.get("messages")) or []):
        message = object_in(value) or {}
        if message.get("role") == "assistant":
            made.append((place, message))
        elif _says(message):
            made.clear()
    return made


def _says(message: Mapping[str, Any]) -> bool:
    """Whether a user's message is more than results."""
    content = message.get("content")
    if isinstance(content, str):
        return True
    blocks = [object_in(block) or {} for block in array_in(content) or []]
    return any("text" in block for block in blocks)
