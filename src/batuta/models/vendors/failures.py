"""Whatever goes wrong at a vendor, as an error of our tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
    UserError,
)

from batuta.aws.errors import NO_CREDENTIALS, NOT_SENT
from batuta.core.redaction import redacted, redacted_text
from batuta.core.wire import ReplyTooLong
from batuta.errors import (
    ModelAuthFailed,
    ModelContextTooLong,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
    causes,
)

if TYPE_CHECKING:
    from batuta.models.vendors.access import Provider, VendorAccess

_TOO_LARGE = 413
_PASSING = frozenset({408, 409, 424, 425})
# What is raised before a request has left.
_NOT_SENT = NOT_SENT | {
    *("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"),
    "ParamValidationError",
}


def may_have_run(raised: BaseException) -> bool:
    """Whether a model may have been at work, and be paid for, though nobody told what it used.

    Not where the provider answered with an error, nor where it was never reached.
    """
    return not any(
        isinstance(link, ModelHTTPError | UserError)
        or type(link).__name__ in _NOT_SENT
        or type(link).__name__ in NO_CREDENTIALS
        for link in causes(raised)
    )


class Failures:
    """Turns exceptions of pydantic-ai, of the SDKs and of HTTP into errors that name the model."""

    def __init__(self, name: str, provider: Provider, access: VendorAccess) -> None:
        self._name, self._provider, self._access = name, provider, access

    def error(self, raised: Exception, *, opened: bool = False) -> ModelError:
        """Give our error for an exception.

        Args:
            opened: Whether the reply had begun.
        """
        for link in causes(raised):
            if isinstance(link, ReplyTooLong):
                mend = "Lower what the model may write, or raise reply_bytes."
                return ModelReplyInvalid(self._name, str(link), mend=mend)
            if isinstance(link, ModelError):
                return link
        if opened and (isinstance(raised, ModelConnectionError) or _is_transport(raised)):
            detail = f"the reply broke off ({redacted_text(list(causes(raised))[-1])})"
            return ModelCut(self._name, self._clean(detail), heard=False)
        if isinstance(raised, ModelAPIError):
            return self._of_api(raised)
        if type(raised).__name__ in NO_CREDENTIALS:
            detail = self._clean(str(raised))
            return ModelAuthFailed(self._name, detail, variable=self._provider.variable)
        if isinstance(raised, UserError):
            return ModelError(self._name, self._clean(f"cannot do this: {raised}"))
        if _is_transport(raised):
            return self._unreachable(raised)
        return ModelReplyInvalid(self._name, self._clean(f"odd reply: {redacted_text(raised)}"))

    def _of_api(self, raised: ModelAPIError) -> ModelError:
        name = self._name
        if isinstance(raised, ModelTimeoutError):
            return ModelTimeout(name, self._access.timeout_s)
        if isinstance(raised, ModelConnectionError):
            return self._unreachable(raised)
        if isinstance(raised, ModelRateLimitError):
            return ModelRateLimited(name, _retry_after_s(raised))
        if isinstance(raised, ModelQuotaExceededError):
            detail = f"the account's quota or credit is used up ({self._said(raised)})"
            return ModelUnavailable(name, detail, mend="Top it up.", retryable=False)
        if isinstance(raised, ModelUnavailableError | ModelServerError):
            return ModelUnavailable(name, self._said(raised))
        if isinstance(raised, ModelRequestRejectedError):
            return self._rejected(raised)
        return self._by_status(raised)

    def _rejected(self, raised: ModelRequestRejectedError) -> ModelError:
        name = self._name
        if isinstance(raised, ModelAuthenticationError):
            return ModelAuthFailed(name, self._said(raised), variable=self._provider.variable)
        if isinstance(raised, ModelNotFoundError):
            return ModelNotFound(name, _suggestion(raised))
        if isinstance(raised, ModelContextWindowExceededError):
            return ModelContextTooLong(name, f"the conversation is too long ({self._said(raised)})")
        return ModelError(name, f"rejected the request: {self._said(raised)}")

    def _by_status(self, raised: ModelAPIError) -> ModelError:
        status = raised.status_code if isinstance(raised, ModelHTTPError) else None
        if status is None:
            return ModelReplyInvalid(self._name, self._clean(raised.message))
        if status in _PASSING:
            return ModelUnavailable(self._name, self._said(raised))
        if status == _TOO_LARGE:
            return ModelContextTooLong(
                self._name, f"the request is too large ({self._said(raised)})"
            )
        return ModelError(self._name, self._said(raised))

    def _unreachable(self, raised: Exception) -> ModelUnavailable:
        innermost = list(causes(raised))[-1]
        where = self._access.base_url or "the provider"
        how = f"no connection to {where}"
        if may_have_run(raised):
            how = f"the connection to {where} broke off"
        return ModelUnavailable(self._name, self._clean(f"{how}: {redacted_text(innermost)}"))

    def _said(self, raised: ModelAPIError) -> str:
        """Say the status and the provider's own words, where it has any."""
        status = f"HTTP {raised.status_code}" if isinstance(raised, ModelHTTPError) else ""
        words = self._clean(_words(raised.body))
        return ": ".join(filter(None, (status, words))) or self._clean(raised.message)

    def _clean(self, text: str) -> str:
        return redacted(" ".join(self._access.key.hidden_in(text).split())).rstrip(". ")


def _is_transport(raised: Exception) -> bool:
    """Whether an HTTP library raised it, whichever of them is installed."""
    return isinstance(raised, OSError) or any(
        cls.__module__.partition(".")[0] in {"httpx2", "httpcore2", "httpx", "urllib3"}
        for cls in type(raised).__mro__
    )


def _words(body: object) -> str:
    """Find the message in a body; tell HTML by its name alone."""
    if isinstance(body, Mapping):
        fields = cast("Mapping[str, Any]", body)
        for key in ("error", "Error", "message", "Message", "detail"):
            if fields.get(key):
                return _words(fields[key])
        return ""
    text = body if isinstance(body, str) else ""
    return "the answer is HTML, not JSON" if text.lstrip()[:1] == "<" else text


def _suggestion(raised: ModelAPIError) -> str:
    return getattr(raised, "suggested_model_id", None) or ""


def _retry_after_s(raised: ModelAPIError) -> float | None:
    """Give the pause asked for; pydantic-ai does not read a fraction of seconds."""
    if raised.retry_after is not None:
        return raised.retry_after
    headers: Mapping[str, str] = getattr(raised, "headers", None) or {}
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
