"""Which models take images and files: said before one is asked.

Sources, 2026-11: the model pages of OpenAI and Anthropic; Bedrock's table of what each model takes
in Converse (docs.aws.amazon.com, "Supported models and model features").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from batuta.core.attachment import PDF, Attachment
from batuta.core.model import CHAIN
from batuta.errors import InvalidInput
from batuta.models.vendors.claude import claude_of

OFFLINE, AT_AWS = "offline", "bedrock-agent"
_MB = 1_000_000


class TakenMedia(NamedTuple):
    """What a model takes beside words; texts are words to every vendor's model.

    Args:
        largest: Bytes of the largest one; 0 for whatever fits into a request.
    """

    images: bool
    documents: bool
    largest: int = 0


_ALL, _NONE = TakenMedia(images=True, documents=True), TakenMedia(images=False, documents=False)
_OPENAI_BLIND = re.compile(r"gpt-3|gpt-4(?:$|-\d{4}$|-32k)|o1-mini|o1-preview|o3-mini|gpt-oss")
_BEDROCK = (
    (re.compile(r"nova-micro|nova-sonic"), TakenMedia(images=False, documents=False)),
    (re.compile(r"amazon\.nova"), TakenMedia(images=True, documents=True, largest=25 * _MB)),
    (re.compile(r"llama3-2-(?:11|90)b|llama4|pixtral"), TakenMedia(images=True, documents=True)),
    (
        re.compile(r"llama3|mistral\.|cohere\.command-r|ai21\.jamba|deepseek"),
        TakenMedia(images=False, documents=True),
    ),
)
_BEDROCK_IMAGE, _BEDROCK_DOCUMENT, _CLAUDE_IMAGE = 3_750_000, 4_500_000, 5_000_000
_FIRST_SEEING, _FIRST_READING = (3, 0), (3, 5)


def taken_by(name: str) -> TakenMedia | None:
    """Say what a model takes; None where nobody here knows, and its server has to say.

    Args:
        name: As ``provider:model``.
    """
    provider, _, model = name.partition(":")
    if provider in (OFFLINE, "local", AT_AWS):
        return _NONE
    if provider in ("openai", "openai-chat"):
        return _NONE if _OPENAI_BLIND.match(model) else _ALL
    if provider == "anthropic":
        return _claude(model)
    if provider == "bedrock":
        if claude_of(model) is not None:
            return _claude(model)
        return next((taken for known, taken in _BEDROCK if known.search(model)), _NONE)
    return None


def check_attachments(name: str, attachments: Iterable[Attachment]) -> None:
    """See that a model can be shown what stands beside a message.

    Args:
        name: As ``provider:model``, or several joined by ``|``, each of which must.

    Raises:
        InvalidInput: It cannot; says which model, and what.
    """
    for each in map(str.strip, name.split(CHAIN)):
        taken = taken_by(each)
        if taken is not None:
            for attachment in attachments:
                _check(each, taken, attachment)


def refused_attachment(name: str, attachment: Attachment) -> str:
    """Say why a model cannot be shown something; empty where it can.

    Args:
        name: As ``provider:model``.
    """
    try:
        check_attachments(name, (attachment,))
    except InvalidInput as error:
        return error.what
    return ""


def _check(name: str, taken: TakenMedia, attachment: Attachment) -> None:
    what, said = attachment.described(), ""
    if name.startswith(f"{OFFLINE}:"):
        raise InvalidInput(
            f"{name} is a stand-in and sees no images or files, such as {what}",
            "Say it in words, or choose a real model.",
        )
    if name.startswith(AT_AWS):
        raise InvalidInput("A Bedrock Agent is shown no images or files", "Say it in words.")
    if attachment.is_image and not taken.images:
        said = "sees no images"
    elif attachment.media_type == PDF and not taken.documents:
        said = "reads no PDF"
    if said:
        raise InvalidInput(f"{name} {said}, such as {what}", "Choose a model that does.")
    most = taken.largest or _largest(name, attachment)
    if most and attachment.size_bytes > most:
        raise InvalidInput(f"{name} takes {most:,} bytes at most, not {what}", "Make it smaller.")


def _claude(model: str) -> TakenMedia:
    claude = claude_of(model)
    version = (9, 9) if claude is None or claude.version == (0, 0) else claude.version
    return TakenMedia(images=version >= _FIRST_SEEING, documents=version >= _FIRST_READING)


def _largest(name: str, attachment: Attachment) -> int:
    """Give the vendor's own limit of one attachment; 0 where only the whole request has one."""
    if name.startswith("bedrock:"):
        return _BEDROCK_IMAGE if attachment.is_image else _BEDROCK_DOCUMENT
    return _CLAUDE_IMAGE if name.startswith("anthropic:") and attachment.is_image else 0


_ROWS = (
    ("`openai:`, `openai-chat:`", "gpt-4o"),
    ("`openai:` gpt-3, o1-mini, o3-mini, gpt-oss", "o3-mini"),
    ("`anthropic:`", "claude-haiku-4-5"),
    ("`bedrock:` Claude", "anthropic.claude-haiku-4-5-v1:0"),
    ("`bedrock:` Nova, but for Micro and Sonic", "amazon.nova-lite-v1:0"),
    ("`bedrock:` Llama 3.2 11B and 90B, Llama 4, Pixtral", "us.meta.llama4-scout-17b-v1:0"),
    ("`bedrock:` other Llama 3, Mistral, Command R, Jamba, DeepSeek", "deepseek.r1-v1:0"),
    ("`bedrock:` any other", "amazon.nova-micro-v1:0"),
    ("`local:`", "smollm2"),
    ("`offline:`", "rules"),
)


def table() -> str:
    """Write the table of the page: which models take what."""
    lines = ["| model | images | PDF | texts |", "|---|---|---|---|"]
    for shown, model in _ROWS:
        provider = shown.partition(":")[0].strip("`")
        taken = taken_by(f"{provider}:{model}") or _NONE
        said = ["yes" if each else "no" for each in (taken.images, taken.documents)]
        texts = "no" if provider == OFFLINE else "yes"
        lines.append(f"| {shown} | {said[0]} | {said[1]} | {texts} |")
    unknown = "the server says"
    lines.append(f"| `compatible:` | {unknown} | {unknown} | yes |")
    return "\n".join(lines)
