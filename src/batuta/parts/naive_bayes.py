"""A small trained classifier of texts by their words, with nothing to install."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batuta.errors import ConfigError
from batuta.parts.classifiers import label_answer

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_FORMAT = "batuta word classifier 1"


@dataclass(frozen=True, kw_only=True)
class WordClassifier:
    """Multinomial naive Bayes over a text's words and pairs of neighbours; made by ``fit``.

    Its probabilities lie too near to 0 and 1, as words are not independent: set a minimum
    confidence by what held-out texts show. A text without a known word gets the labels' own shares.

    Source: Manning, Raghavan, Schütze, *Introduction to Information Retrieval*, 2008, chapter 13.

    Args:
        texts: Label to how many texts it was learnt from.
        words: Label to how often each word stood in them.
        smoothing: What is added to each count, so that an unseen word is not impossible.
    """

    texts: Mapping[str, int]
    words: Mapping[str, Mapping[str, int]]
    smoothing: float = 1.0
    name: str = "classifier"
    role: str = "labels a request by its words"
    decides: Decider = "code"

    def __post_init__(self) -> None:
        if len(self.texts) < 2 or self.texts.keys() != self.words.keys():
            raise ValueError("A word classifier needs examples of two labels at least.")
        if self.smoothing <= 0:
            raise ValueError("smoothing must be above 0, or an unseen word decides alone.")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it may give."""
        return tuple(self.texts)

    @classmethod
    def fit(cls, examples: Iterable[tuple[str, str]], **options: Any) -> Self:
        """Learn from examples.

        Args:
            examples: Text and label of each.
            options: ``smoothing``, ``name`` and ``role``.

        Raises:
            ValueError: They have fewer than two labels.
        """
        texts: Counter[str] = Counter()
        words: dict[str, Counter[str]] = {}
        for text, label in examples:
            texts[label] += 1
            words.setdefault(label, Counter()).update(_features(text))
        return cls(texts=texts, words=words, **options)

    async def execute(self, message: Message, run: Run) -> Message:
        """Give the likeliest label with its probability."""
        return label_answer(self.probabilities(message.text))

    def probabilities(self, text: str) -> dict[str, float]:
        """Give each label's probability for a text; they add up to 1."""
        known = [word for word in _features(text) if word in self._vocabulary]
        total = sum(self.texts.values())
        logs = {
            label: math.log(count / total) + sum(self._log_share(w, label) for w in known)
            for label, count in self.texts.items()
        }
        most = max(logs.values())
        shares = {label: math.exp(log - most) for label, log in logs.items()}
        whole = sum(shares.values())
        return {label: share / whole for label, share in shares.items()}

    def save(self, path: str | Path) -> None:
        """Write what was learnt to a JSON file."""
        made = {
            "smoothing": self.smoothing,
            "texts": dict(self.texts),
            "words": {label: dict(counts) for label, counts in self.words.items()},
        }
        text = json.dumps({_FORMAT: made}, ensure_ascii=False, sort_keys=True)
        Path(path).write_text(text, "utf-8")

    @classmethod
    def load(cls, path: str | Path, **options: Any) -> Self:
        """Read what ``save`` wrote.

        Args:
            options: ``name`` and ``role``.

        Raises:
            ConfigError: The file does not hold a classifier.
        """
        try:
            raw = json.loads(Path(path).read_text("utf-8"))[_FORMAT]
            return cls(
                texts=raw["texts"], words=raw["words"], smoothing=raw["smoothing"], **options
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"{path} holds no word classifier: {error}", "Make it with WordClassifier.save."
            ) from error

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for counts in self.words.values() for word in counts)

    @cached_property
    def _totals(self) -> dict[str, int]:
        return {label: sum(counts.values()) for label, counts in self.words.items()}

    def _log_share(self, word: str, label: str) -> float:
        count = self.words[label].get(word, 0) + self.smoothing
        return math.log(count / (self._totals[label] + self.smoothing * len(self._vocabulary)))


def _features(text: str) -> list[str]:
    words = _WORD.findall(text.casefold())
    return words + [f"{a} {b}" for a, b in pairwise(words)]
