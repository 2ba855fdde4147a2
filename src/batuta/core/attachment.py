"""An image or a file beside a message's words: named by its digest, its bytes kept apart."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batuta.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
PDF = "application/pdf"
TEXTS = ("text/plain", "text/markdown", "text/csv", "text/html", "application/json")
MEDIA_TYPES = (*IMAGES, PDF, *TEXTS)
"""What may stand beside a message."""
IMAGE_TOKENS = 1_600
"""What one image takes of a model's input at most, roughly.

Source: https://platform.claude.com/docs/en/build-with-claude/vision (2026-11): 1,568 tokens at the
size to which larger ones are scaled; OpenAI's and Amazon's are of the same order.
"""
_OTHER_NAMES = {"image/jpg": "image/jpeg", "text/x-markdown": "text/markdown"}
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", PDF),
)
_BYTES_PER_TOKEN = 4
_LONGEST_NAME = 100


class AttachmentBytes:
    """The bytes of an attachment where they are at hand; no JSON, trace or record has them."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @cached_property
    def base64(self) -> str:
        """Give them as text, made once: every turn of a conversation sends it."""
        return base64.b64encode(self.data).decode()

    @classmethod
    def of_base64(cls, text: str) -> AttachmentBytes:
        """Read what ``base64`` gave."""
        return cls(base64.b64decode(text))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(_bytes_of)


def _bytes_of(value: Any) -> AttachmentBytes:
    return value if isinstance(value, AttachmentBytes) else AttachmentBytes.of_base64(value)


@dataclass(frozen=True, slots=True)
class Attachment:
    """An image or a file beside a message's text, or in a tool's result.

    ``Attachment.of`` makes one of bytes, ``Attachment.read`` of a file.

    Args:
        digest: SHA-256 of its bytes, in hex.
        media_type: One of ``MEDIA_TYPES``, and what the bytes really are.
        name: A file's name; empty for none.
        content: The bytes; None where they are not at hand, such as in a record.
    """

    digest: str
    media_type: str
    size_bytes: int
    name: str = ""
    content: AttachmentBytes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, content: bytes, *, name: str = "", media_type: str = "") -> Attachment:
        """Make one of bytes, whose type is looked at.

        Args:
            media_type: What they are said to be; empty goes by what they are, and by the name.

        Raises:
            InvalidInput: They are none of ``MEDIA_TYPES``, or of another than they are said to be.
        """
        shown = _shown(name)
        said = media_type.partition(";")[0].strip().lower()
        said = _OTHER_NAMES.get(said, said)
        if said and said not in MEDIA_TYPES:
            raise InvalidInput(f"{shown} is said to be {said[:60]}", _MEND)
        found = _media_type(content)
        if not content or not found:
            what = "is empty" if not content else "is of a type that nobody here takes"
            raise InvalidInput(f"{shown} {what}", _MEND)
        if found == "text/plain":
            guessed = said or mimetypes.guess_type(name)[0] or ""
            found = guessed if guessed in TEXTS else found
        if said and said != found:
            raise InvalidInput(f"{shown} is said to be {said}, and is {found}", "Say what it is.")
        digest = hashlib.sha256(content).hexdigest()
        return cls(digest, found, len(content), name[:_LONGEST_NAME], AttachmentBytes(content))

    @classmethod
    def of_base64(cls, text: str, *, name: str = "", media_type: str = "") -> Attachment:
        """Make one of bytes that came as base64.

        Raises:
            InvalidInput: It is no base64, or as ``of`` raises it.
        """
        try:
            content = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            mend = "Send its bytes as base64, with A-Z, a-z, 0-9, + and /, and = at the end."
            raise InvalidInput(f"{_shown(name)} is no base64", mend) from error
        return cls.of(content, name=name, media_type=media_type)

    @classmethod
    def read(cls, path: Path | str) -> Attachment:
        """Make one of a file.

        Raises:
            InvalidInput: It cannot be read, or as ``of`` raises it.
        """
        file = Path(path)
        try:
            content = file.read_bytes()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise InvalidInput(f"{file.name} cannot be read: {why}", "Look at its path.") from error
        return cls.of(content, name=file.name)

    @property
    def is_image(self) -> bool:
        """Whether it is to be seen rather than read."""
        return self.media_type in IMAGES

    @property
    def data(self) -> bytes:
        """Give its bytes; nothing where they are not at hand."""
        return b"" if self.content is None else self.content.data

    @property
    def most_tokens(self) -> int:
        """Say what it takes of a model's input, roughly."""
        return IMAGE_TOKENS if self.is_image else self.size_bytes // _BYTES_PER_TOKEN

    def described(self) -> str:
        """Say in words what it is.

        >>> Attachment.of(b"A quiet court.", name="note.txt").described()
        'note.txt (text/plain, 14 bytes)'
        """
        return f"{self.name or 'unnamed'} ({self.media_type}, {self.size_bytes:,} bytes)"

    def to_json(self, *, content: bool = False) -> dict[str, Any]:
        """Turn into JSON-able data; ``attachment_from`` reverses it.

        Args:
            content: With its bytes, to another process; what is kept has none.
        """
        made: dict[str, Any] = {
            "digest": self.digest,
            "media_type": self.media_type,
            "size_bytes": self.size_bytes,
            "name": self.name,
        }
        if content and self.content is not None:
            made["content"] = self.content.base64
        return made

    def filled(self, content: bytes) -> Attachment:
        """Copy it with its bytes at hand."""
        return replace(self, content=AttachmentBytes(content))


def attachment_from(raw: Mapping[str, Any]) -> Attachment:
    """Read what ``Attachment.to_json`` wrote."""
    content = raw.get("content")
    held = {name: raw[name] for name in ("digest", "media_type", "size_bytes", "name")}
    return Attachment(**held, content=None if content is None else _bytes_of(content))


def check_sizes(attachments: Sequence[Attachment], *, most: int, most_bytes: int) -> None:
    """See that a message may have these.

    Args:
        most_bytes: Of all together.

    Raises:
        InvalidInput: They are too many, or too large.
    """
    if attachments and not (most and most_bytes):
        raise InvalidInput("No images or files are taken here", "Say it in words.")
    if len(attachments) > most:
        raise InvalidInput(
            f"The message has {len(attachments)} attachments", f"Send at most {most}."
        )
    size = sum(each.size_bytes for each in attachments)
    if size > most_bytes:
        mend = f"Send at most {most_bytes:,} bytes together."
        raise InvalidInput(f"The message's attachments have {size:,} bytes", mend)


def _media_type(content: bytes) -> str:
    """Say what bytes are by how they begin; empty where nobody here knows."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if b"\0" in content:
        return ""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "text/plain"


def _shown(name: str) -> str:
    return f"Attachment {name[:60]!r}" if name else "An attachment"


_MEND = f"Send one of {', '.join(MEDIA_TYPES)}."
