"""What a provider's module makes: an open way to ask a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from batuta.core.model import Emit, ModelRequest
    from batuta.core.wire import SeenResponse
    from batuta.models.vendors.draft import ReplyDraft


class VendorWire(Protocol):
    """An open way to one model.

    Args:
        raises: What its SDK may raise.
    """

    raises: tuple[type[Exception], ...]

    def draft(self, request: ModelRequest, emit: Emit) -> ReplyDraft:
        """Begin a reply."""
        ...

    def guard(self) -> AbstractContextManager[SeenResponse | None]:
        """Stand around a call; give what is seen of the response below the SDK."""
        ...

    async def ask(self, request: ModelRequest, draft: ReplyDraft, *, streamed: bool) -> None:
        """Ask, and fold the answer into the draft until it has ended.

        Raises:
            VendorFailure: The vendor says that it failed.
            ModelCut: The answer ended before the vendor said so.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
