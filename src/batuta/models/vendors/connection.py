"""A connected model: one request out, one reply in, whole or as a stream."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from batuta.core.garbage import uncollected
from batuta.core.model import ModelReply, ModelRequest, ignore
from batuta.errors import ModelCut, ModelError, ModelTimeout, causes
from batuta.models.vendors.access import PROVIDERS, VendorAccess
from batuta.models.vendors.complaint_body import VendorFailure
from batuta.models.vendors.draft import reply_of
from batuta.models.vendors.failures import Failures, may_have_run
from batuta.models.vendors.model_limits import output_limit
from batuta.models.vendors.whole import whole_request

if TYPE_CHECKING:
    from batuta.core.model import Emit
    from batuta.models.vendors.draft import ReplyDraft
    from batuta.models.vendors.wire import VendorWire

# What is let through where the bytes are none that anybody expected, beside the SDKs' own errors.
_ODD = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, AssertionError, OSError)


class VendorConnection:
    """The way to one model, for one event loop.

    Args:
        name: The model, as ``provider:model``.
    """

    def __init__(self, name: str, access: VendorAccess, loop: asyncio.AbstractEventLoop) -> None:
        provider = PROVIDERS[name.partition(":")[0]]
        with uncollected():
            module: Any = import_module(f"{__package__}.{provider.wire}")
        self.loop = loop
        self._name = name
        self._timeout_s = access.timeout_s
        self._wire: VendorWire = module.connect(name, access)
        self._raises = (*_ODD, VendorFailure, *self._wire.raises)
        self._failures = Failures(name, provider, access)

    async def ask(self, request: ModelRequest, emit: Emit) -> ModelReply:
        """Ask, and turn whatever goes wrong into an error of ours.

        Raises:
            ModelError: No usable reply could be had.
        """
        draft = self._wire.draft(request, emit)
        draft.silent, draft.aloud = request.output is not None, request.think
        draft.most = output_limit(self._name, request)
        limit = asyncio.timeout(self._timeout_s)
        try:
            async with limit:
                with self._wire.guard() as seen:
                    await self._wire.ask(
                        request, draft, streamed=emit is not ignore or request.think is not ignore
                    )
            reply = reply_of(draft, request)
            return replace(reply, stand_in=True) if seen and seen.stand_in else reply
        except asyncio.CancelledError as cancelled:
            cut: Any = cancelled  # whoever settles the call reads off it what it may have cost
            cut.spent = draft.spent()
            raise
        except ModelError as raised:
            raise _settled(draft, raised, raised) from raised.__cause__
        except self._raises as raised:
            if not draft.opened and any(isinstance(e, UnicodeEncodeError) for e in causes(raised)):
                sent = whole_request(request)
                if sent != request:
                    return await self.ask(sent, emit)
            if limit.expired() and isinstance(raised, TimeoutError):
                error: ModelError = ModelTimeout(self._name, self._timeout_s)
            else:
                error = self._failures.error(raised, opened=draft.opened)
            raise _settled(draft, error, raised) from raised

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()


def _settled(draft: ReplyDraft, error: ModelError, raised: Exception) -> ModelError:
    """Add what a failed call cost; where its text was heard, a second try would repeat it."""
    if draft.pieces and not draft.silent and (error.retryable or isinstance(error, ModelCut)):
        said = isinstance(error, ModelCut)
        why = error.detail if said else f"the reply broke off ({error.detail})"
        cut = ModelCut(draft.name, why, heard=True)
        cut.spent, error = error.spent, cut
    if not error.spent:
        spent = draft.spent()
        if draft.pieces or spent[0].usage.total_tokens or may_have_run(raised):
            error.spent = spent
    return error
