"""The faults that a pane may switch on in the lab, in words for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from batuta.serve.http.encoding import shortened
from batuta.serve.http.problems import Refused

if TYPE_CHECKING:
    from batuta.serve.playground.ground import Lab

ANYWHERE: Mapping[str, str] = {
    "model-timeout": "the model does not answer its first call in time",
    "model-rate-limit": "the model's provider asks to come back later",
    "model-unavailable": "the model's provider is overloaded",
    "model-gone": "the model is out of service for good",
    "model-cut": "the model's reply breaks off",
    "model-slow": "the model takes its time",
    "model-malformed-arguments": "the model calls a tool with arguments that are no JSON",
    "model-unknown-tool": "the model calls a tool that there is not",
    "model-invented-id": "the model makes up an id",
    "model-empty": "the model says nothing",
    "model-nonsense": "the model talks nonsense",
    "tool-error": "the first tool fails",
    "tool-slow": "the first tool takes its time",
    "tool-half-done": "a tool that writes does it, and its answer is lost",
    "tool-twice": "a tool that writes is called twice",
    "clock-jump": "the clock jumps a day ahead",
    "clock-back": "the clock jumps a day back",
}
"""What can happen under any style, once in a run."""
APART: Mapping[str, str] = {
    "transport-drop": "the first message to a service is lost",
    "transport-cut": "the line to a service breaks before its answer",
    "process-kill": "the first service that is called dies, for real",
}
"""What can happen where agents stand apart."""


def fault_choices(lab: Lab) -> list[dict[str, str]]:
    """List them; none without the lab."""
    return [{"name": name, "about": about} for name, about in _known(lab).items()]


def profile_of(names: Sequence[str], lab: Lab) -> str:
    """Give what a plan of these faults is made by; empty for none.

    Raises:
        Refused: There is none of such a name here.
    """
    known = _known(lab)
    if strange := [name for name in names if name not in known]:
        there = ", ".join(known) or "none"
        what = f"faults: there is no {shortened(strange[0], 40)!r} here. There are: {there}."
        raise Refused(422, "unknown_fault", what)
    return "+".join(dict.fromkeys(names))


def _known(lab: Lab) -> Mapping[str, str]:
    if not lab.on:
        return {}
    return {**ANYWHERE, **APART} if lab.services() else ANYWHERE
