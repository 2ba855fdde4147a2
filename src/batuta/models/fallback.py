"""A chain of models: the next is asked where one cannot answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from batuta.core.model import (
    CHAIN,
    Abilities,
    Emit,
    Model,
    ModelReply,
    ModelRequest,
    Spent,
    Usage,
    abilities_of,
    ignore,
)
from batuta.errors import ModelCut, ModelError, ModelUnavailable


class FallbackModel:
    """Asks its models in turn until one answers.

    The next is asked after an error that may pass (a rate limit, a timeout) or where the provider
    is not available at all. Not after a wrong key or a refusal, which somebody should see, and not
    once part of a reply was given away: its listener would hear two replies as one.

    Args:
        models: The first choice first.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        if not models:
            raise ValueError("A chain needs a model.")
        # A chain within a chain is one chain: its models are counted one by one.
        chains = (m._models if isinstance(m, FallbackModel) else (m,) for m in models)  # noqa: SLF001
        self._models: tuple[Model, ...] = tuple(chain.from_iterable(chains))

    @property
    def name(self) -> str:
        """The names, joined by ``|``."""
        return CHAIN.join(model.name for model in self._models)

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Give the first answer; ``model`` says whose it is, ``earlier`` what others used in vain.

        Raises:
            ModelError: The last model's error, or the first that another model cannot mend.
            BudgetExceeded: The run has none left for the next model.
        """
        spent: tuple[Spent, ...] = ()
        heard = _Heard(emit)
        for place, model in enumerate(self._models):
            if place:
                request = await request.before_next(request, spent)
            try:
                reply = await model.reply(request, emit if emit is ignore else heard)
            except ModelError as error:
                spent = (*spent, *(error.spent or (Spent(model.name, Usage()),)))
                if model is self._models[-1] or heard.any or not _may_pass(error):
                    error.spent = spent
                    raise
            else:
                answered = reply.model or model.name
                return replace(reply, model=answered, earlier=(*spent, *reply.earlier))
        raise AssertionError("unreachable: the last model answers or raises")

    async def abilities(self) -> Abilities:
        """See ``AbleModel.abilities``: what all of them can."""
        return await abilities_of(*self._models)


def _may_pass(error: ModelError) -> bool:
    if isinstance(error, ModelCut):
        return not error.heard
    return error.retryable or isinstance(error, ModelUnavailable)


class _Heard:
    """Gives text on and remembers that there was some."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.any = False

    def __call__(self, piece: str) -> None:
        self.any = True
        self._emit(piece)
