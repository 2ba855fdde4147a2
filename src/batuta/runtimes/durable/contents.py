"""The bytes of images and files that a durable run may yet need, apart from what it has written."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from batuta.runtimes.durable.inputs import Inputs
    from batuta.runtimes.durable.store import Store

KEPT = "kept"
"""Beside what was written: the digests of what was taken out of it."""
_TAG, _BYTES, _DIGEST = "$", "attachment", "attachment_digest"
_NAMED = {"digest", "media_type", "size_bytes", "name"}
_WHOLE = _NAMED | {"content"}
_MARKS = ('"content":', '"attachment"')
_DAY_S = 86_400.0


class RunContents:
    """Keeps bytes by run and digest: until the run has ended, or as long as conversations are.

    Args:
        keep_days: How long those of a run are kept that never ends.
    """

    def __init__(self, store: Store, *, keep_days: float = 90) -> None:
        self._store, self._keep_s = store, keep_days * _DAY_S

    async def kept(self, run_id: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take the bytes out of JSON-able data and keep them; what has none is given back."""
        found: dict[str, str] = {}
        rest: dict[str, Any] = _without(data, found)
        if not found:
            return data
        await asyncio.to_thread(self._put, run_id, found)
        return {**rest, KEPT: list(found)}

    async def inputs(self, run_id: str, inputs: Inputs) -> dict[str, Any]:
        """Write a run's inputs down, their bytes apart."""
        made = inputs.to_json()
        return dict(await self.kept(run_id, made)) if inputs.shows else made

    async def whole(self, run_id: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put back what ``kept`` took out, as far as it is kept still."""
        if KEPT not in data:
            return data
        rows = await asyncio.to_thread(self._store.all, _GET, run=run_id, digests=data[KEPT])
        there = {digest: base64.b64encode(bytes(content)).decode() for digest, content in rows}
        return _with(data, there)

    async def forget(self, run_id: str) -> None:
        """Remove what a run had that has ended: nobody goes on with it."""
        await asyncio.to_thread(self._store.change, _FORGET, run=run_id)

    def _put(self, run_id: str, found: Mapping[str, str]) -> None:
        self._store.change(_EXPIRE, most=self._keep_s)
        for digest, content in found.items():
            self._store.change(_PUT, run=run_id, digest=digest, content=base64.b64decode(content))


def may_hold(text: str) -> bool:
    """Tell whether JSON may hold bytes of an attachment; one that does is never missed."""
    return any(mark in text for mark in _MARKS)


def _without(data: Any, found: dict[str, str]) -> Any:
    if isinstance(data, list):
        return [_without(each, found) for each in cast("list[Any]", data)]
    if not isinstance(data, Mapping):
        return data
    held = cast("Mapping[str, Any]", data)
    if held.get(_TAG) == _BYTES:
        content = held["v"]
        digest = _digest(content)
        found[digest] = content
        return {_TAG: _DIGEST, "v": digest}
    if set(held) == _WHOLE and _digest(held["content"]) == held["digest"]:
        found[held["digest"]] = held["content"]
        return {name: value for name, value in held.items() if name != "content"}
    return {name: _without(value, found) for name, value in held.items()}


def _digest(content: Any) -> str:
    """Give the digest of what base64 tells; empty where it is none."""
    try:
        return hashlib.sha256(base64.b64decode(content, validate=True)).hexdigest()
    except (binascii.Error, TypeError, ValueError):
        return ""


def _with(data: Any, there: Mapping[str, str]) -> Any:
    if isinstance(data, list):
        return [_with(each, there) for each in cast("list[Any]", data)]
    if not isinstance(data, Mapping):
        return data
    held = cast("Mapping[str, Any]", data)
    if held.get(_TAG) == _DIGEST:
        content = there.get(held["v"])
        return None if content is None else {_TAG: _BYTES, "v": content}
    made = {name: _with(value, there) for name, value in held.items() if name != KEPT}
    if set(held) == _NAMED and held["digest"] in there:
        made["content"] = there[held["digest"]]
    return made


_GET = "SELECT digest, content FROM batuta_contents WHERE run_id = :run AND digest IN :digests"
_PUT = (
    "INSERT INTO batuta_contents (run_id, digest, kept_at, content) "
    "VALUES (:run, :digest, now_s(), :content) ON CONFLICT DO NOTHING"
)
_EXPIRE = "DELETE FROM batuta_contents WHERE kept_at <= now_s() - :most"
_FORGET = "DELETE FROM batuta_contents WHERE run_id = :run"
