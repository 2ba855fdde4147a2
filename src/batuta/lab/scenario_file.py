"""Scenarios from a YAML file: read strictly, and what is wrong is named by its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from batuta.core.scenario import (
    DEFAULT_LIMITS,
    DirectCall,
    Scenario,
    ScenarioLimits,
    ScriptedAnswer,
    ScriptedTurn,
)
from batuta.errors import ConfigError, missing_extra

if TYPE_CHECKING:
    from yaml.nodes import Node

Place = tuple[str | int, ...]
TENNIS_FILE = "scenarios.yaml"


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _said(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {"say": value}


Wordings = Annotated[
    list[Annotated[str, Field(min_length=1)]], BeforeValidator(_listed), Field(min_length=1)
]
Lines = Annotated[list[str], BeforeValidator(_listed)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _RawTurn(_Strict):
    say: Wordings
    by: str = ""
    asked: str = ""


class _RawAnswer(_Strict):
    asked: str
    say: Wordings
    by: str = ""
    times: int = Field(default=1, ge=1)


class _RawCall(_Strict):
    use: str
    given: dict[str, Any] = Field(default_factory=dict[str, Any], alias="with")
    by: str = ""


class _RawLimits(_Strict):
    turns: int | None = Field(default=DEFAULT_LIMITS.turns, ge=1)
    model_calls: int | None = Field(default=None, ge=1)
    tool_calls: int | None = Field(default=None, ge=0)
    usd: Decimal | None = Field(default=None, gt=0)


class _RawScenario(_Strict):
    name: str = Field(min_length=1)
    kind: str = ""
    turns: list[Annotated[_RawTurn, BeforeValidator(_said)]] = Field(min_length=1)
    answers: list[_RawAnswer] = []
    before: list[_RawCall] = []
    holds: Lines
    never: Lines = []
    gold: list[_RawCall] | None = None
    limits: _RawLimits | None = None
    now: str = ""


class _RawFile(_Strict):
    now: str = ""
    limits: _RawLimits | None = None
    scenarios: list[_RawScenario] = Field(min_length=1)


def scenarios_from(text: str, source: str = "the file") -> tuple[Scenario, ...]:
    """Read scenarios from YAML.

    Args:
        source: What errors call it, such as the file's name.

    Raises:
        ConfigError: It is no YAML, or a field is unknown, missing or wrong; its line is named.
    """
    tree = _read(text, source)
    try:
        found = _RawFile.model_validate(tree.value)
    except ValidationError as error:
        raise tree.wrong(error) from error
    made = tuple(_scenario(each, found) for each in found.scenarios)
    seen: set[str] = set()
    for at, each in enumerate(made):
        if each.name in seen:
            line = tree.line(("scenarios", at, "name"))
            raise ConfigError(f"{source}:{line}: {each.name!r} appears twice", "Rename one.")
        seen.add(each.name)
    return made


def read_scenarios(path: Path | str) -> tuple[Scenario, ...]:
    """Read scenarios from a file; ``tennis`` means those that come with the club.

    Raises:
        ConfigError: It cannot be read, is no YAML, or something in it is wrong.
    """
    if str(path) == "tennis":
        return scenarios_from((files("batuta.tennis") / TENNIS_FILE).read_text("utf-8"), "tennis")
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Scenarios {path} cannot be read: {error}", "Name a YAML file, or tennis."
        ) from error
    return scenarios_from(text, str(path))


@dataclass(kw_only=True, slots=True)
class _Tree:
    """What a file holds, and on which line each part begins."""

    source: str
    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict[Place, int])

    def line(self, place: Place) -> int:
        """Give the line of a part, or of what it would be a part of."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def wrong(self, error: ValidationError) -> ConfigError:
        """Name the first thing that is wrong."""
        found = error.errors()
        # A field that is misspelt is missing too: then the spelling is what helps.
        first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
        place = first["loc"]
        where = f"{self.source}:{self.line(place)}"
        if first["type"] == "extra_forbidden":
            near = get_close_matches(str(place[-1]), _known(place), n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(_known(place))}."
            return ConfigError(f"{where}: unknown field {place[-1]!r}", hint)
        named = ".".join(str(part) for part in place) or "the file"
        return ConfigError(f"{where}: {named}: {first['msg'].lower()}", "Mend it there.")


_LEVELS: Mapping[str, type[BaseModel]] = {
    "turns": _RawTurn,
    "answers": _RawAnswer,
    "before": _RawCall,
    "gold": _RawCall,
    "limits": _RawLimits,
    "scenarios": _RawScenario,
}


def _known(place: Sequence[str | int]) -> list[str]:
    """Name the fields that can stand where one is unknown."""
    around = next((p for p in reversed(place[:-1]) if isinstance(p, str) and p in _LEVELS), "")
    fields = _LEVELS.get(around, _RawFile).model_fields
    return [each.alias or name for name, each in fields.items()]


def _read(text: str, source: str) -> _Tree:
    if find_spec("yaml") is None:
        raise missing_extra("Scenarios from a file need PyYAML", "lab")
    import yaml

    tree = _Tree(source=source)
    try:
        loader = yaml.BaseLoader(text)
        try:
            root: Node | None = loader.get_single_node()
        finally:
            loader.dispose()  # pyright: ignore[reportUnknownMemberType]
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        what = f"{source}:{line} is no YAML: {error.problem or error}"
        raise ConfigError(what, "Mend it there.") from error
    except yaml.YAMLError as error:  # a character that YAML does not take
        raise ConfigError(f"{source} is no YAML: {error}", "Mend it there.") from error
    tree.value = None if root is None else _plain(root, (), tree)
    return tree


def _plain(node: Node, place: Place, tree: _Tree) -> Any:
    from yaml.nodes import MappingNode, SequenceNode

    tree.lines[place] = node.start_mark.line + 1
    if isinstance(node, SequenceNode):
        return [_plain(each, (*place, at), tree) for at, each in enumerate(node.value)]
    if not isinstance(node, MappingNode):
        return node.value
    made: dict[str, Any] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in made:
            line = key.start_mark.line + 1
            raise ConfigError(f"{tree.source}:{line}: {name!r} stands there twice", "Keep one.")
        made[name] = _plain(value, (*place, name), tree)
        tree.lines[*place, name] = key.start_mark.line + 1
    return made


def _scenario(raw: _RawScenario, around: _RawFile) -> Scenario:
    said = raw.limits or around.limits
    return Scenario(
        name=raw.name,
        kind=raw.kind,
        turns=tuple(ScriptedTurn(say=tuple(t.say), by=t.by, asked=t.asked) for t in raw.turns),
        answers=tuple(
            ScriptedAnswer(asked=a.asked, say=tuple(a.say), by=a.by, times=a.times)
            for a in raw.answers
        ),
        before=_calls(raw.before),
        holds=tuple(raw.holds),
        never=tuple(raw.never),
        gold=None if raw.gold is None else _calls(raw.gold),
        limits=DEFAULT_LIMITS if said is None else ScenarioLimits(**said.model_dump()),
        now=raw.now or around.now,
    )


def _calls(raw: Sequence[_RawCall]) -> tuple[DirectCall, ...]:
    return tuple(DirectCall(tool=c.use, arguments=c.given, by=c.by) for c in raw)
