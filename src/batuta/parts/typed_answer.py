"""An agent's answer in a shape of yours: data beside its text, mended where it does not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.core.message import Message
from batuta.core.validation import validated
from batuta.core.weak_cache import weakly_cached
from batuta.errors import ModelReplyInvalid

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider

UNFINISHED = "unfinished"
"""Set in the metadata of an answer that only says that there is none."""


def asking_for(instructions: str, output_type: type[BaseModel] | None) -> str:
    """Add to instructions in which shape the final answer is wanted; None leaves them alone."""
    return instructions if output_type is None else f"{instructions}\n\n{_form(output_type)}"


async def typed(
    answer: Message, output_type: type[BaseModel] | None, run: Run, *, model: str | Model | None
) -> Message:
    """Give an answer with its data in a shape.

    An answer that has that shape already costs nothing more; of another the model is asked for the
    data, and where that does not fit, once more.

    Args:
        output_type: None gives the answer as it is.
        model: Who puts it into shape; None takes the run's default.

    Raises:
        ModelReplyInvalid: It does not fit, or was never finished.
        ModelRefused: The model declined.
    """
    if output_type is None:
        return answer
    if answer.metadata.get("cut") or answer.metadata.get(UNFINISHED):
        raise ModelReplyInvalid("of the answer", f"it has no {output_type.__name__}: {answer.text}")
    made = _read(answer, output_type)
    if made is None:
        run.decide("shape the answer", f"as {output_type.__name__}", by="code")
        asked = [Message.system(_SHAPE), Message.user(answer.text)]
        made = await run.ask_as(output_type, asked, model=model)
    return answer.revised(data=made.model_dump(mode="json"))


@dataclass(frozen=True, kw_only=True)
class TypedAgent:
    """Another agent whose answer gets a shape.

    Args:
        agent: Name of the other.
        model: Who puts the answer into shape; None takes the run's default.
    """

    agent: str
    output_type: type[BaseModel]
    name: str = "typed"
    model: str | Model | None = None
    decides: Decider = "code"

    @property
    def role(self) -> str:
        """What it is for."""
        return f"gives the answer of {self.agent} as {self.output_type.__name__}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Agents to start before this one."""
        return (self.agent,)

    async def execute(self, message: Message, run: Run) -> Message:
        """Have the other answer, and shape it."""
        answer = await run.call(self.agent, message, shares_history=True)
        return await typed(answer, self.output_type, run, model=self.model)


def _read(answer: Message, output_type: type[BaseModel]) -> BaseModel | None:
    """Read the shape out of an answer's data or its text; None where neither has it."""
    from pydantic import ValidationError

    for given in (answer.data, _json_in(answer.text)):
        if given is None:
            continue
        try:
            return validated(output_type, given)
        except ValidationError:
            continue
    return None


def _json_in(text: str) -> Mapping[str, Any] | None:
    begun, ended = text.find("{"), text.rfind("}")
    try:
        made: Any = json.loads(text[begun : ended + 1]) if begun >= 0 else None
    except ValueError:
        return None
    return made if isinstance(made, dict) else None  # pyright: ignore[reportUnknownVariableType]


@weakly_cached
def _form(output_type: type[BaseModel]) -> str:
    schema = json.dumps(output_type.model_json_schema(), ensure_ascii=False)
    return f"{_ANSWER_AS}{schema}"


_ANSWER_AS = """\
When you have the final answer, give it as one JSON object that fits this schema, and write nothing
else: """
_SHAPE = "Put the answer that you read into the form. Add nothing that it does not say."
