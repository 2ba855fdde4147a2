"""What a vendor complains of, by status, by the names it gives it, and by its words.

Sources: the vendors' pages of errors, and the public trackers of Ollama, llama.cpp, vLLM, LM
Studio, Groq, Mistral and OpenRouter (read 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Complaint = Literal[
    "too_long",  # the conversation is longer than the model reads
    "too_large",  # the request is larger than the server takes
    "refused",  # by a filter
    "quota",  # money or quota is used up
    "denied",  # the key is wrong, or may not do this
    "missing",  # there is no such model, or not any more
    "throttled",  # too many requests or tokens for now
    "unavailable",  # the provider's own fault, which may pass
    "rejected",  # anything else about the request
]
# Parts of the names that vendors give a failure, in lower case without anything but letters.
_NAMES: dict[Complaint, str] = {
    "too_long": "contextlength contextsize contextwindow stringabovemaxlength toomanytokens",
    "too_large": "requesttoolarge payloadtoolarge",
    "refused": "contentfilter contentpolicy responsibleai datainspection moderation promptblocked "
    "guardrail",
    "quota": "insufficientquota billing insufficientbalance insufficientcredit "
    "servicequotaexceeded creditbalance paymentrequired currentquota arrearage",
    "denied": "authentication invalidapikey apikeyinvalid unauthorized unauthenticated permission "
    "accessdenied accessterminated unrecognizedclient invalidsignature incompletesignature "
    "signaturedoesnotmatch expiredtoken invalidtoken forbidden invalidclienttoken",
    "missing": "modelnotfound notfounderror resourcenotfound modeldecommissioned modelretired "
    "deploymentnotfound invalidmodel modeldeprecated",
    "throttled": "ratelimit throttl toomanyrequests resourceexhausted requestlimit",
    "unavailable": "overloaded servererror internalserver internalfailure serviceunavailable "
    "apierror unavailable modelnotready modelerror modelstreamerror timeout badgateway conflict "
    "loading upstream",
}
_TOO_LONG = (
    r"maximum context length",
    r"context[ _](length|window|size)[^.]{0,80}(exceed|too|overflow|limit|reached)",
    r"(exceed|greater|larger|longer|more)[^.]{0,80}context[ _-](length|window|size)",  # llama.cpp
    r"context the overflows",  # LM Studio
    r"(prompt|input) is too long",  # Anthropic, Bedrock
    r"too many (input )?tokens(?! per|,? please wait)",  # Cohere; Bedrock throttles so
    r"token count[^.]{0,60}exceeds|maximum number of (input )?tokens",  # Gemini
    r"reduce the length of (the|your)",  # OpenAI, Groq
    r"too large for model with \d+ maximum context",  # Mistral
    r"input (length|tokens)[^.]{0,60}exceed|exceeds the (model'?s )?(maximum|context)",  # Nova
    r"maximum (prompt|input|(supported )?sequence) length|exceeds max length",  # xAI, MLC, Zhipu
    r"exceeded model token limit|range of input length",  # Moonshot, Qwen
    r"inputs`? tokens \+ `?max_new_tokens",  # Hugging Face TGI
)
_REFUSED = (
    r"content management policy|content[ _-]filter|usage polic|flagged by moderation",
    r"safety system|inappropriate content|blocked by (our|the) (content|safety)",
    r"(input|prompt|request) was flagged|prohibited[ _]content",  # OpenRouter, Gemini
    r"content exists risk|sensitive content|considered high risk",  # DeepSeek, Zhipu, Moonshot
)
_QUOTA = (
    r"credit balance|insufficient (balance|credit|funds|quota)|billing|out of credits",
    r"exceeded your (current |monthly )?quota|requires more credits|spend(ing)? limit",
    r"monthly usage limit|in arrears|account is in good standing",
)
_DENIED = (
    r"api[ _-]?key (not valid|is invalid|not found|expired|missing)",
    r"(invalid|incorrect|missing|no) (x-)?api[ _-]?key",
    r"invalid (authentication|credentials|token)|not authorized|don't have access",
    r"authentication credentials|not authenticated",
)
_MISSING = (
    r"model\b.{0,120}(not found|(does not|doesn't|not) exist|unknown|is not available)",
    r"not a valid model|(no such|unknown) model|no endpoints found|model identifier is invalid",
    r"model\b.{0,120}(deprecated|decommissioned|retired|end of (its )?life|no longer )",
    r"try pulling it|no models? loaded",  # Ollama, LM Studio
    r"with on-demand throughput isn.t supported",  # Bedrock, of a model that has a profile
)
_THROTTLED = (r"rate limit|too many requests|(try again|retry) in \d|requests per (min|sec)",)
_UNAVAILABLE = (
    r"overloaded|temporarily|try again later|capacity|upstream|internal (server )?error",
    r"timed? ?out|provider returned error|loading model|(is|currently) loading|unavailable",
)


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_WORDS: dict[Complaint, re.Pattern[str]] = {
    "too_long": _any_of(_TOO_LONG),
    "refused": _any_of(_REFUSED),
    "quota": _any_of(_QUOTA),
    "denied": _any_of(_DENIED),
    "missing": _any_of(_MISSING),
    "throttled": _any_of(_THROTTLED),
    "unavailable": _any_of(_UNAVAILABLE),
}
_PASSING = frozenset({408, 409, 423, 424, 425, 498, 499})
_BY_STATUS: dict[int, Complaint] = {
    401: "denied",
    402: "quota",
    403: "denied",
    404: "missing",
    410: "missing",
    413: "too_large",
    429: "throttled",
}
_TOO_MANY = 429
_THEIR_FAULT = 500


def complaint_of(status: int | None, names: Sequence[str], words: str) -> Complaint:
    """Tell what a vendor complains of; what is most telling counts first.

    Args:
        status: Of HTTP; None where there was none that says anything.
        names: Whatever it calls the failure by.
    """
    plain = [re.sub(r"[^a-z]", "", name.lower()) for name in names]
    for kind in ("too_long", "refused"):
        if _named(kind, plain) or _WORDS[kind].search(words):
            return kind
    if status is not None and (status >= _THEIR_FAULT or status in _PASSING):
        return "quota" if _named("quota", plain) else "unavailable"
    for kind in ("too_large", "quota", "throttled", "denied", "missing"):
        if _named(kind, plain):
            return kind
    return _by_words(status, plain, words)


def _by_words(status: int | None, names: Sequence[str], words: str) -> Complaint:
    # Google calls its limits of a minute a quota, and says when they are over.
    if status == _TOO_MANY and _WORDS["throttled"].search(words):
        return "throttled"
    for kind in ("quota", "denied", "missing", "throttled"):
        if _WORDS[kind].search(words):
            return kind
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if _named("unavailable", names) or _WORDS["unavailable"].search(words):
        return "unavailable"
    return "unavailable" if status is None else "rejected"


def _named(kind: Complaint, names: Sequence[str]) -> bool:
    return any(part in name for part in _NAMES[kind].split() for name in names)
