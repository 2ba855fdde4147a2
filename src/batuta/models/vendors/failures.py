"""Whatever goes wrong at a vendor, as an error of our tree, in the vendor's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batuta.aws.errors import NO_CREDENTIALS, NOT_SENT, answer_of
from batuta.core.redaction import redacted, redacted_text
from batuta.core.wire import ReplyTooLong
from batuta.errors import (
    ModelAuthFailed,
    ModelContextTooLong,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefused,
    ModelReplyInvalid,
    ModelUnavailable,
    causes,
)
from batuta.models.vendors.complaint_body import ComplaintBody, VendorFailure
from batuta.models.vendors.complaints import Complaint, complaint_of
from batuta.models.vendors.pauses import pause_s

if TYPE_CHECKING:
    from batuta.models.vendors.access import Provider, VendorAccess

# What is raised before a request has left.
_UNSENT = NOT_SENT | {
    *("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"),
    "ParamValidationError",
}


def may_have_run(raised: BaseException) -> bool:
    """Whether a model may have been at work, and be paid for, though nobody told what it used.

    Not where the provider answered with an error, nor where it was never reached.
    """
    return not any(
        isinstance(link, VendorFailure)
        or answer_of(link)
        or type(link).__name__ in _UNSENT
        or type(link).__name__ in NO_CREDENTIALS
        for link in causes(raised)
    )


class Failures:
    """Turns exceptions of the SDKs and of HTTP into errors that name the model."""

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
            if isinstance(link, VendorFailure):
                return self._told(link)
            if answered := answer_of(link):
                return self._told(_aws_failure(answered))
        return self._untold(raised, opened=opened)

    def _untold(self, raised: Exception, *, opened: bool) -> ModelError:
        """Give the error for what the vendor had no word for."""
        if opened and _is_transport(raised):
            detail = f"the reply broke off ({redacted_text(list(causes(raised))[-1])})"
            return ModelCut(self._name, self._clean(detail), heard=False)
        if type(raised).__name__ in NO_CREDENTIALS:
            detail = self._clean(str(raised))
            return ModelAuthFailed(self._name, detail, variable=self._provider.variable)
        if type(raised).__name__ == "ParamValidationError":
            return ModelError(self._name, self._clean(f"cannot do this: {raised}"))
        if _is_transport(raised):
            return self._unreachable(raised)
        return ModelReplyInvalid(self._name, self._clean(f"odd reply: {redacted_text(raised)}"))

    def _told(self, failure: VendorFailure) -> ModelError:
        """Give the error that a vendor's own word stands for."""
        body = ComplaintBody(failure.body)
        status = body.status if failure.status is None else failure.status
        said = self._said(status, failure.code, body.text)
        kind = complaint_of(status, (failure.code, *body.names), body.text)
        if kind == "throttled":
            wait_s = pause_s(failure.headers, failure.body, body.text)
            return ModelRateLimited(self._name, wait_s, f"rate limited ({said})")
        if kind == "denied":
            return ModelAuthFailed(self._name, said, variable=self._provider.variable)
        if kind == "unavailable":
            wait_s = pause_s(failure.headers, failure.body, body.text)
            return ModelUnavailable(self._name, said, retry_after_s=wait_s)
        return _complaint(kind, self._name, said)

    def _unreachable(self, raised: Exception) -> ModelUnavailable:
        innermost = list(causes(raised))[-1]
        where = self._access.base_url or "the provider"
        how = f"no connection to {where}"
        if may_have_run(raised):
            how = f"the connection to {where} broke off"
        return ModelUnavailable(self._name, self._clean(f"{how}: {redacted_text(innermost)}"))

    def _said(self, status: int | None, code: str, text: str) -> str:
        """Say the status or the name of the failure, and the provider's own words."""
        where = code or (f"HTTP {status}" if status is not None else "")
        return ": ".join(filter(None, (where, self._clean(text)))) or "no reason given"

    def _clean(self, text: str) -> str:
        return redacted(" ".join(self._access.key.hidden_in(text).split())).rstrip(". ")


def _complaint(kind: Complaint, name: str, said: str) -> ModelError:
    if kind in {"too_long", "too_large"}:
        what = "conversation is too long" if kind == "too_long" else "request is too large"
        return ModelContextTooLong(name, f"the {what} ({said})")
    if kind == "refused":
        return ModelRefused(name, f"refused by the provider's filter ({said})")
    if kind == "quota":
        detail = f"the account's quota or credit is used up ({said})"
        return ModelUnavailable(name, detail, mend="Top it up.", retryable=False)
    if kind == "missing":
        return ModelNotFound(name, detail=f"not found at the provider ({said})")
    return ModelError(name, f"rejected the request: {said}")


def _aws_failure(answered: Mapping[str, Any]) -> VendorFailure:
    error, meta = answered.get("Error", {}), answered.get("ResponseMetadata", {})
    return VendorFailure(
        {"message": error.get("Message") or ""},
        status=meta.get("HTTPStatusCode"),
        code=str(error.get("Code") or ""),
        headers=meta.get("HTTPHeaders"),
    )


def _is_transport(raised: Exception) -> bool:
    """Whether an HTTP library raised it, whichever of them is installed."""
    return isinstance(raised, OSError) or any(
        cls.__module__.partition(".")[0] in {"httpx2", "httpcore2", "httpx", "urllib3"}
        for link in causes(raised)
        for cls in type(link).__mro__
    )
