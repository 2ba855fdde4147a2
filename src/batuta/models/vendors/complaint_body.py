"""What a vendor says of its failure, in a body of whatever shape, wherever it stood."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from batuta.errors import ModelReplyInvalid, Portable

_HOLDERS = ("error", "Error", "errors", "metadata", "base_resp")
_CODES = (
    "code", "type", "status", "Code", "__type", "error_code", "innererror", "error_type",
    "status_code",
)  # fmt: skip
_MESSAGES = (
    "message", "Message", "detail", "details", "error_message", "msg", "title", "reason", "raw",
    "error_msg", "status_msg",
)  # fmt: skip
_DEEPEST = 6
_MARKUP = re.compile(r"<(?:!doctype|!--|\?xml|/?[a-z][a-z0-9]*[\s>/])", re.IGNORECASE)
_ERRORS = range(400, 600)


class VendorFailure(Portable, Exception):
    """A vendor's own word that something failed; never leaves this package.

    Args:
        status: Of HTTP; None where the answer was a good one.
        body: What was said, read as JSON where it is that.
        code: Of an event that has one beside its body.
    """

    def __init__(
        self,
        body: object,
        *,
        status: int | None = None,
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.body, self.status, self.code = body, status, code
        self.headers: Mapping[str, str] = headers or {}
        super().__init__(code or f"HTTP {status}")


def check_no_error(answer: Mapping[str, Any]) -> None:
    """See that a good answer, or an event of it, holds no error.

    Raises:
        VendorFailure: It does.
    """
    if answer.get("error"):
        raise VendorFailure(answer)


def no_answer(answer: Mapping[str, Any], name: str, what: str) -> VendorFailure | ModelReplyInvalid:
    """Make the error of a good answer that is none: a failure, where it says something.

    Args:
        name: The model, as ``provider:model``.
        what: What it has not.
    """
    if ComplaintBody(answer).text:
        return VendorFailure(answer)
    return ModelReplyInvalid(name, f"reply has no {what}")


class ComplaintBody:
    """Reads a body: JSON of any vendor, a list of errors, text, or HTML, told by its name.

    Args:
        body: As it was read.
    """

    def __init__(self, body: object) -> None:
        self._texts: list[str] = []
        self._codes: list[object] = []
        self._gather(body, 0)

    @property
    def text(self) -> str:
        """What is said in words."""
        return "; ".join(dict.fromkeys(self._texts))

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that names the failure."""
        return tuple(str(code) for code in self._codes)

    @property
    def status(self) -> int | None:
        """An HTTP status that is named."""
        numbers = (int(c) if isinstance(c, str) and c.isdigit() else c for c in self._codes)
        return next((n for n in numbers if isinstance(n, int) and n in _ERRORS), None)

    def _gather(self, node: object, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(node, str):
            self._gather_text(node.strip(), depth)
        elif isinstance(node, Sequence):
            for each in cast("Sequence[object]", node):
                self._gather(each, depth + 1)
        elif isinstance(node, Mapping):
            self._gather_fields(cast("Mapping[str, Any]", node), depth)

    def _gather_text(self, text: str, depth: int) -> None:
        held = _json(text) if text[:1] in ("{", "[") else None
        if held is not None:
            self._gather(held, depth + 1)
        elif text:
            self._texts.append("the answer is HTML, not JSON" if _MARKUP.match(text) else text)

    def _gather_fields(self, fields: Mapping[str, Any], depth: int) -> None:
        for key in _HOLDERS:
            if fields.get(key):
                self._gather(fields[key], depth + 1)
        for key in _CODES:
            value: object = fields.get(key)
            if isinstance(value, Mapping):
                self._gather(cast("object", value), depth + 1)
            elif value not in (None, "", "error"):
                self._codes.append(value)
        for key in _MESSAGES:
            if fields.get(key):
                self._gather(fields[key], depth + 1)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
