"""A model did not give a usable reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batuta.errors.root import BatutaError


class ModelError(BatutaError):
    """The model did not give a usable reply.

    ``spent`` holds what was used by then, as ``core.model.Spent``: it is paid for all the same.
    Empty where nothing was. A ``CancelledError`` that cut a vendor's call short has it too.
    """

    code = "model_error"
    spent: tuple[Any, ...] = ()

    def __init__(self, model: str, detail: str, *, mend: str = "") -> None:
        self.model, self.detail, self.mend = model, detail, mend
        super().__init__(f"Model {model}: {detail}." + (f" {mend}" if mend else ""))


class ModelTimeout(ModelError):
    """The model took too long."""

    retryable = True
    code = "model_timeout"

    def __init__(self, model: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(model, f"no reply within {timeout_s:g} s", mend="Try again later.")


class ModelRateLimited(ModelError):
    """The provider asks to slow down; ``retry_after_s`` is None where it does not say."""

    retryable = True
    code = "model_rate_limited"

    def __init__(
        self, model: str, retry_after_s: float | None = None, detail: str = "rate limited"
    ) -> None:
        self.retry_after_s = retry_after_s
        wait = "later" if retry_after_s is None else f"in {retry_after_s:g} s"
        super().__init__(model, detail, mend=f"Try again {wait}.")


class ModelUnavailable(ModelError):
    """The provider is down, overloaded or out of reach; another model may well answer.

    Args:
        retryable: Whether the same one may answer a moment later.
        retry_after_s: When, where it says so.
    """

    retryable = True
    code = "model_unavailable"

    def __init__(
        self,
        model: str,
        detail: str,
        *,
        mend: str = "",
        retryable: bool = True,
        retry_after_s: float | None = None,
    ) -> None:
        self.retryable, self.retry_after_s = retryable, retry_after_s
        later = "later" if retry_after_s is None else f"in {retry_after_s:g} s"
        super().__init__(model, detail, mend=mend or (f"Try again {later}." if retryable else ""))


class ModelCut(ModelError):
    """The reply broke off.

    Args:
        heard: Whether part of its text was given away. The run's retry tells listeners to drop it
            (``core.streamed``); a wrapper inside the model, such as a fallback, cannot, and must
            let the error pass.
    """

    retryable = True
    code = "model_cut"

    def __init__(self, model: str, detail: str = "the reply broke off", *, heard: bool) -> None:
        self.heard = heard
        super().__init__(model, detail, mend="Ask again.")


class ModelRefused(ModelError):
    """The model declined to answer."""

    code = "model_refused"

    def __init__(self, model: str, detail: str = "refused to answer") -> None:
        super().__init__(model, detail, mend="Say it another way.")


class ModelReplyInvalid(ModelError):
    """The reply does not fit the schema or the protocol.

    ``given`` is what of it was data, where it was whole and did not fit the schema.
    """

    code = "model_reply_invalid"
    given: Mapping[str, object] | None = None


class ModelAuthFailed(ModelError):
    """The provider does not know the key, or the key may not use the model.

    Args:
        variable: The environment variable, or variables, that should hold it.
        mend: What to do; empty to set the variable.
    """

    code = "model_auth_failed"

    def __init__(self, model: str, detail: str, *, variable: str, mend: str = "") -> None:
        self.variable = variable
        mend = mend or f"Set {variable} to a key that may use this model."
        super().__init__(model, detail, mend=mend)


class ModelNotFound(ModelError):
    """The provider has no model of that name.

    Args:
        suggestion: A name it has, else empty.
        mend: What to do; empty to check the name.
    """

    code = "model_not_found"

    def __init__(
        self,
        model: str,
        suggestion: str = "",
        *,
        detail: str = "not found at the provider",
        mend: str = "",
    ) -> None:
        self.suggestion = suggestion
        meant = f" Did you mean {suggestion}?" if suggestion else ""
        super().__init__(model, detail, mend=mend or f"Check the name and the base URL.{meant}")


class ModelContextTooLong(ModelError):
    """The conversation is longer than the model can read."""

    code = "model_context_too_long"

    def __init__(self, model: str, detail: str = "the conversation is too long for it") -> None:
        super().__init__(
            model, detail, mend="Lower history_messages, or take a model with a longer context."
        )
