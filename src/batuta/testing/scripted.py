"""A model that says what it is told to: for tests, benchmarks and examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from batuta.core.ids import new_id
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.errors import ModelError

ScriptLine = ModelReply | str | BaseException | Callable[[ModelRequest], "ModelReply | str"]


class ScriptedModel:
    """Gives its lines one after the other.

    Args:
        lines: Replies, plain texts, errors to raise, or functions of the request.
        repeat: Begin again at the end, instead of failing.
    """

    def __init__(
        self, lines: Iterable[ScriptLine], *, name: str = "scripted:lines", repeat: bool = False
    ) -> None:
        self._lines = list(lines)
        self._repeat = repeat
        self._next: Iterator[ScriptLine] = iter(self._lines)
        self._name = name
        self.requests: list[ModelRequest] = []

    @property
    def name(self) -> str:
        """The name, as ``provider:model``."""
        return self._name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Give the next line.

        Raises:
            ModelError: The script has no further line.
        """
        self.requests.append(request)
        line = self._line()
        if isinstance(line, BaseException):
            raise line
        said = line(request) if callable(line) else line
        made = ModelReply(said, model=self._name, stand_in=True) if isinstance(said, str) else said
        if made.text:
            emit(made.text)
        return made

    def _line(self) -> ScriptLine:
        line = next(self._next, None)
        if line is None and self._repeat and self._lines:
            self._next = iter(self._lines)
            line = next(self._next)
        if line is None:
            raise ModelError(self._name, f"the script ended after {len(self._lines)} lines")
        return line


def calls(*wishes: tuple[str, dict[str, Any]], text: str = "") -> ModelReply:
    """Make a reply that asks for tools, each as name and arguments."""
    made = tuple(ToolCall(new_id("call"), name, arguments) for name, arguments in wishes)
    return ModelReply(text, made, stop_reason="tool_calls", model="scripted:lines", stand_in=True)
