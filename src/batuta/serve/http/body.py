"""Reads a request's body: as much as allowed, as JSON that means one thing only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from batuta.core.attachment import Attachment
from batuta.core.model_settings import ModelSettings
from batuta.serve.http.encoding import shortened
from batuta.serve.http.form import FORM, form_of
from batuta.serve.http.problems import Refused, field_errors
from batuta.serve.http.schemas import ChatRequest

Shape = TypeVar("Shape", bound=BaseModel)
_ATTACHED = b'"attachments"'
_INLINE = b";base64,"
_JSON = "application/json"


async def read_chat(
    request: Request, most_bytes: int, within_s: float, *, attached_bytes: int = 0
) -> tuple[ChatRequest, Sequence[Attachment]]:
    """Read one message, and what a form brings beside it.

    Args:
        within_s: For the body to arrive.
        attached_bytes: What images and files beside it may have together.

    Raises:
        Refused: The body is no such thing; it says why.
        InvalidInput: An image or a file is none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_JSON, FORM):
        raise Refused(
            415,
            "unsupported_media_type",
            f"Send JSON with the header Content-Type: {_JSON}, or a form ({FORM}).",
        )
    most = most_bytes + attached_bytes * (4 if kind == _JSON else 3) // 3
    body = await received(request, most, within_s, plain=most_bytes if kind == _JSON else most)
    if kind == FORM:
        form = await form_of(request.headers, body, most_bytes)
        return _validated(form.fields), form.files
    made = _validated(parsed(body))
    if len(body) > most_bytes and not made.attachments:
        raise _too_large(most_bytes)
    return made, ()


def _validated(raw: Any) -> ChatRequest:
    return validated(ChatRequest, raw)


def validated(shape: type[Shape], raw: Any) -> Shape:
    """Read data of a body into a shape.

    Raises:
        Refused: It does not fit; it says where.
    """
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        faults = field_errors(error.errors(include_input=False, include_url=False))
        said = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)
        raise Refused(422, "invalid_input", f"{said}.", errors=faults) from None


async def read_json(
    request: Request,
    most_bytes: int,
    within_s: float,
    *,
    attached_bytes: int = 0,
    mark: bytes = _INLINE,
) -> Any:
    """Read what a body holds.

    Args:
        within_s: For the body to arrive.
        attached_bytes: What images and files in it may have beside the rest, as they are written.
        mark: What stands in every body that holds one.

    Raises:
        Refused: It is too large, late, not declared as JSON, or none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        raise Refused(
            415, "unsupported_media_type", f"Send JSON with the header Content-Type: {_JSON}."
        )
    body = await received(request, most_bytes + attached_bytes, within_s)
    if len(body) > most_bytes and mark not in body:
        raise _too_large(most_bytes)
    return parsed(body)


def model_settings(given: Mapping[str, Any] | None, allowed: Sequence[str]) -> ModelSettings | None:
    """Read how a request wants models to be asked.

    Args:
        allowed: Names of the settings that a request may bring.

    Raises:
        Refused: One of them is not allowed, unknown, or out of its range.
    """
    if not given:
        return None
    others = sorted(name for name in given if name not in allowed)
    if others:
        here = f"It takes {', '.join(allowed)}." if allowed else "It takes none."
        detail = f"settings: this server takes no {', '.join(map(shortened, others))}. {here}"
        raise Refused(422, "invalid_input", detail)
    try:
        return ModelSettings.from_json(given)
    except ValueError as error:
        raise Refused(422, "invalid_input", f"settings: {shortened(str(error), 300)}") from None


async def received(
    request: Request,
    most_bytes: int,
    within_s: float,
    *,
    plain: int | None = None,
    mark: bytes = _ATTACHED,
) -> bytes:
    """Read a body within its limits.

    Args:
        plain: Most bytes of one that names no attachments so far; None for as many as of others.
        mark: What names them.

    Raises:
        Refused: It is too large, or did not arrive.
    """
    plain = most_bytes if plain is None else plain
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 15 or int(declared) > most_bytes):
        raise _too_large(plain)
    body, most = bytearray(), plain
    try:
        async with asyncio.timeout(within_s):
            async for piece in request.stream():
                body += piece
                if len(body) > most:
                    most = most_bytes if mark in body[:plain] else plain
                    if len(body) > most:
                        raise _too_large(plain)
    except TimeoutError as error:
        detail = f"The body did not arrive within {within_s:g} s. Send it again."
        raise Refused(408, "request_timeout", detail) from error
    except ClientDisconnect as error:  # nobody is there to read this
        raise Refused(400, "client_left", "The body was not sent to its end.") from error
    return bytes(body)


def _too_large(most_bytes: int) -> Refused:
    detail = f"The body is too large. Send at most {most_bytes} bytes."
    return Refused(413, "body_too_large", detail, limit_bytes=most_bytes)


def parsed(body: bytes) -> Any:
    """Parse strict JSON in UTF-8: no NaN, no key twice, no half character, no endless nesting.

    Raises:
        Refused: It is something else.
    """
    try:
        text = body.decode("utf-8")
        made = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
        if "\\u" in text:
            json.dumps(made, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(f"byte {error.start} is not UTF-8") from None
    except UnicodeEncodeError:
        raise _invalid("half of a surrogate pair stands in it") from None
    except RecursionError:
        raise _invalid("it is nested too deeply") from None
    except ValueError as error:
        at = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise _invalid(f"{shortened(said, 120)}{at}") from None
    return made


def _invalid(why: str) -> Refused:
    return Refused(400, "invalid_json", f"The body is not valid JSON: {why}.")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands in it twice")
    return made


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")
