"""What lets a frame show a report where keys are needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from batuta.core.ids import new_secret

_MOST = 200


@dataclass
class ReportPasses:
    """Let one report be read once without a key, by who was given the pass: a frame sends none."""

    _given: dict[str, str] = field(default_factory=dict[str, str])

    def give(self, name: str) -> str:
        """Make one for a report; the oldest of many unused ones is void."""
        made = new_secret()
        self._given[made] = name
        if len(self._given) > _MOST:
            del self._given[next(iter(self._given))]
        return made

    def take(self, given: str, name: str) -> bool:
        """Tell whether it is one for that report, and use it up."""
        return bool(given) and self._given.pop(given, None) == name
