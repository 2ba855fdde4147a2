"""A connected model: one request out, one reply in, whole or as a stream."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta

from batuta.core.model import ModelReply, ModelRequest, Spent, Usage, ignore
from batuta.errors import ModelCut, ModelError, ModelTimeout
from batuta.models.vendors.access import PROVIDERS, VendorAccess
from batuta.models.vendors.failures import Failures, may_have_run
from batuta.models.vendors.history import theirs
from batuta.models.vendors.parameters import VendorParameters
from batuta.models.vendors.replies import answered_by, reply_of, usage_of

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import StreamedResponse

    from batuta.core.model import Emit
    from batuta.models.vendors.wire import VendorWire

# What an SDK lets through where the bytes are none that it expected, beside errors of its own.
_ODD = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, AssertionError, OSError)


class VendorConnection:
    """The way to one model, for one event loop.

    Args:
        name: The model, as ``provider:model``.
    """

    def __init__(self, name: str, access: VendorAccess, loop: asyncio.AbstractEventLoop) -> None:
        provider = PROVIDERS[name.partition(":")[0]]
        module: Any = import_module(f"{__package__}.{provider.wire}")
        self.loop = loop
        self._name = name
        self._timeout_s = access.timeout_s
        self._wire: VendorWire = module.connect(name, access)
        self._dressing = VendorParameters(self._wire)
        self._failures = Failures(name, provider, access)

    async def ask(self, request: ModelRequest, emit: Emit) -> ModelReply:
        """Ask, and turn whatever goes wrong into an error of ours.

        Raises:
            ModelError: No usable reply could be had.
        """
        heard = _Heard(self._name, emit, silent=request.output is not None)
        limit = asyncio.timeout(self._timeout_s)
        try:
            async with limit:
                with self._wire.guard() as seen:
                    reply = await self._asked(request, heard)
                return replace(reply, stand_in=True) if seen and seen.stand_in else reply
        except asyncio.CancelledError as cancelled:
            cut: Any = cancelled  # whoever settles the call reads off it what it may have cost
            cut.spent = heard.spent()
            raise
        except ModelError as raised:
            raise heard.settled(raised, raised) from raised.__cause__
        except (*_ODD, *self._wire.raises) as raised:
            if limit.expired() and isinstance(raised, TimeoutError):
                error: ModelError = ModelTimeout(self._name, self._timeout_s)
            else:
                error = self._failures.error(raised, opened=heard.opened)
            raise heard.settled(error, raised) from raised

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _asked(self, request: ModelRequest, heard: _Heard) -> ModelReply:
        messages = theirs(request.messages)
        settings, tools = self._dressing.settings(request), self._dressing.parameters(request)
        if heard.emit is ignore:
            response = await self._wire.model.request(messages, settings, tools)
            return reply_of(response, request, self._name)
        async with self._wire.model.request_stream(messages, settings, tools) as stream:
            heard.stream = stream
            async for event in stream:
                if isinstance(event, PartDeltaEvent):
                    if isinstance(event.delta, TextPartDelta):
                        heard.piece(event.delta.content_delta)
                elif isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                    heard.piece(event.part.content)
            response = stream.get()
        if not _ended(response):
            raise ModelCut(self._name, heard=False)
        return reply_of(response, request, self._name)


def _ended(response: ModelResponse) -> bool:
    """Whether the vendor said that the stream was over, rather than falling silent."""
    # Its own word counts: where a stream falls silent, pydantic-ai assumes a reason to finish.
    said = (response.provider_details or {}).get("finish_reason")
    refused = response.finish_reason == "content_filter"
    return response.state == "complete" and (said is not None or refused)


@dataclass(slots=True)
class _Heard:
    """What has come of a reply so far; ``silent`` where its text is data that nobody hears."""

    name: str
    emit: Emit
    silent: bool
    stream: StreamedResponse | None = None
    pieces: int = field(default=0, init=False)

    @property
    def opened(self) -> bool:
        return self.stream is not None

    def piece(self, text: str) -> None:
        if text:
            self.pieces += 1
            self.emit(text)

    def spent(self) -> tuple[Spent, ...]:
        """Give what is known of what a call used that did not come to its end."""
        if self.stream is None:
            return (Spent(self.name, Usage(), told=False),)
        usage, model = usage_of(self.stream.usage), self.stream.model_name
        return (Spent(answered_by(self.name, model), usage, told=False),)

    def settled(self, error: ModelError, raised: Exception) -> ModelError:
        """Add what a failed call cost; where its text was heard, a second try would repeat it."""
        if self.pieces and not self.silent and (error.retryable or isinstance(error, ModelCut)):
            said = isinstance(error, ModelCut)
            why = error.detail if said else f"the reply broke off ({error.detail})"
            cut = ModelCut(self.name, why, heard=True)
            cut.spent, error = error.spent, cut
        if not error.spent:
            spent = self.spent()
            if self.pieces or spent[0].usage.total_tokens or may_have_run(raised):
                error.spent = spent
        return error
