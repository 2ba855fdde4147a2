"""Images and files as each wire writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from batuta.core.attachment import PDF, TEXTS, Attachment
from batuta.models.vendors.attachment_rules import check_attachments, refused_attachment

if TYPE_CHECKING:
    from batuta.models.vendors.history import TurnItem

Block = dict[str, Any]
_GONE = "[{} is no longer kept.]"
_ENDINGS = {"text/plain": "txt", "text/markdown": "md", "text/csv": "csv", "text/html": "html"}
_STRANGE = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")
_SPACES = re.compile(r"\s+")
_LONGEST_NAME = 60


def split(name: str, item: TurnItem) -> tuple[Sequence[Attachment], str]:
    """Give what of an item is to be shown, and its text, with a word on what cannot be.

    Args:
        name: Of the model, as ``provider:model``.

    Raises:
        InvalidInput: The model cannot be shown one of a user's.
    """
    there = [each for each in item.files if each.content is not None]
    notes = [_GONE.format(each.described()) for each in item.files if each.content is None]
    if item.kind == "result":  # nobody can send the tool's another way: the model is told of it
        refused = {each: why for each in there if (why := refused_attachment(name, each))}
        notes += [f"[{why}.]" for why in refused.values()]
        there = [each for each in there if each not in refused]
    else:
        check_attachments(name, there)
    return there, "\n".join(filter(None, (*notes, item.text)))


def responses_content(name: str, item: TurnItem) -> list[Block]:
    """Write what stands beside a text, and the text, for OpenAI's Responses."""
    files, text = split(name, item)
    made: list[Block] = []
    for each in files:
        url = _data_url(each)
        if each.is_image:
            made.append({"type": "input_image", "image_url": url, "detail": "auto"})
        elif each.media_type == PDF:
            made.append({"type": "input_file", "filename": _file_name(each), "file_data": url})
        else:
            made.append({"type": "input_text", "text": _written(each)})
    return [*made, {"type": "input_text", "text": text}] if text else made


def chat_content(name: str, item: TurnItem) -> list[Block]:
    """Write them for Chat Completions, which takes PDF for a file and nothing else."""
    files, text = split(name, item)
    made: list[Block] = []
    for each in files:
        url = _data_url(each)
        if each.is_image:
            made.append({"type": "image_url", "image_url": {"url": url}})
        elif each.media_type == PDF:
            held = {"filename": _file_name(each), "file_data": url}
            made.append({"type": "file", "file": held})
        else:
            made.append({"type": "text", "text": _written(each)})
    return [*made, {"type": "text", "text": text}] if text else made


def messages_content(name: str, item: TurnItem) -> list[Block]:
    """Write them for Anthropic's Messages."""
    files, text = split(name, item)
    made: list[Block] = []
    for each in files:
        source = {"type": "base64", "media_type": each.media_type, "data": _base64(each)}
        if each.is_image:
            made.append({"type": "image", "source": source})
            continue
        if each.media_type in TEXTS:
            source = {"type": "text", "media_type": "text/plain", "data": _text(each)}
        made.append({"type": "document", "source": source, "title": _file_name(each)})
    return [*made, {"type": "text", "text": text}] if text else made


def converse_content(name: str, item: TurnItem) -> list[Block]:
    """Write them for Bedrock's Converse: bytes as they are, and a text with every document."""
    files, text = split(name, item)
    made: list[Block] = []
    for place, each in enumerate(files):
        source = {"bytes": each.data}
        if each.is_image:
            image = {"format": each.media_type.partition("/")[2], "source": source}
            made.append({"image": image})
            continue
        form = "pdf" if each.media_type == PDF else _ENDINGS.get(each.media_type, "txt")
        document = {"format": form, "name": _plain_name(each, place), "source": source}
        made.append({"document": document})
        text = text or "(See the document.)"
    return [*made, {"text": text}] if text else made


def _data_url(attachment: Attachment) -> str:
    return f"data:{attachment.media_type};base64,{_base64(attachment)}"


def _base64(attachment: Attachment) -> str:
    return "" if attachment.content is None else attachment.content.base64


def _text(attachment: Attachment) -> str:
    return attachment.data.decode("utf-8", "replace").strip() or "(nothing)"


def _written(attachment: Attachment) -> str:
    return f"File {_file_name(attachment)}:\n{_text(attachment)}"


def _file_name(attachment: Attachment) -> str:
    ending = "pdf" if attachment.media_type == PDF else _ENDINGS.get(attachment.media_type, "txt")
    return attachment.name or f"file.{ending}"


def _plain_name(attachment: Attachment, place: int) -> str:
    """Give a document's name as Converse takes it: plain, and each once in a message."""
    plain = _SPACES.sub(" ", _STRANGE.sub(" ", attachment.name)).strip()[:_LONGEST_NAME]
    return f"{plain or 'document'} ({place + 1})"
