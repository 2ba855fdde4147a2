"""Where an argument came from: an id that a model made up must never act."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from batuta.core.principal import WRITE
from batuta.core.result import result_data
from batuta.core.tool import Approve, Deny, ToolUse, Verdict

_MOST_KEPT = 1_000
_LEAVES = (str, int, float, type(None))


@dataclass(frozen=True, slots=True)
class OnlyOffered:
    """A hook: a writing tool takes an id only from this conversation's results or its user's words.

    Where the id was found is all that counts, not who passed it on: a manager may write it into a
    specialist's task. A model's own words, or a task it wrote, offer nothing. What was offered is
    kept in the session's state, so that an offer holds in later turns and under another style.

    Args:
        argument: Name of the tool's argument, and of the field in results, such as ``slot_id``.
    """

    argument: str

    async def __call__(self, use: ToolUse) -> Verdict:
        """Deny an id from nowhere, so that the model may mend its call."""
        wanted = use.arguments.get(self.argument)
        if use.tool.effect != WRITE or wanted is None:
            return Approve()
        if _plain(wanted) in self._offered(use) or _said(str(wanted), use):
            return Approve()
        what = self.argument.replace("_", " ")
        return Deny(
            f"The {what} {wanted!s} was not offered in this conversation. "
            "Look up what there is and take one of those.",
            (self.argument,),
        )

    async def after(self, use: ToolUse, result: Any) -> None:
        """Keep the ids that a result offers."""
        found = map(_plain, _values(result_data(result), self.argument))
        offered = dict.fromkeys([*self._offered(use), *found])
        if offered:
            use.session.state[self._key] = list(offered)[-_MOST_KEPT:]

    @property
    def _key(self) -> str:
        return f"offered {self.argument}"

    def _offered(self, use: ToolUse) -> list[str]:
        return use.session.state.get(self._key, [])


def _plain(value: object) -> str:
    return str(value).strip().casefold()


def _values(data: Any, name: str) -> Iterator[object]:
    """Find the values of every field of that name, however deep."""
    if isinstance(data, Mapping):
        for key, value in cast("Mapping[str, Any]", data).items():
            if key == name:
                yield value
            elif not isinstance(value, _LEAVES):
                yield from _values(value, name)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for each in cast("Sequence[Any]", data):
            yield from _values(each, name)


def _said(wanted: str, use: ToolUse) -> bool:
    """Tell whether the user wrote it, as a word of its own."""
    spelt = re.compile(rf"(?<![\w/-]){re.escape(wanted.strip())}(?![\w/-])", re.IGNORECASE)
    words = [m.text for m in use.session.history if m.role == "user"]
    if use.question is not None:
        words.append(use.question.text)
    return bool(wanted.strip()) and any(spelt.search(text) for text in words)
