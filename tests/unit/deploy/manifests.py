"""What the deployment examples say, read as those who would run them do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from typer.core import TyperGroup
from typer.main import get_command

from batuta.cli.program import program
from batuta.hosting import Target

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE: Mapping[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
OBJECTS: Sequence[Mapping[str, Any]] = [
    each
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for each in yaml.safe_load_all(path.read_text())
]


def of_kind(kind: str) -> dict[str, Mapping[str, Any]]:
    """Kubernetes objects of a kind, by name."""
    return {o["metadata"]["name"]: o for o in OBJECTS if o["kind"] == kind}


def options(words: Sequence[str]) -> dict[str, Any]:
    """A command's options as the command line reads them; refuses what it would refuse."""
    name, *rest = words
    group = get_command(program())
    assert isinstance(group, TyperGroup)
    context = group.commands[name].make_context(name, list(rest))
    return {"command": name, **context.params}


def hosted(words: Sequence[str]) -> dict[str, int]:
    """The agents that a command hosts, and at which port."""
    chosen = options(words)
    if chosen["command"] != "host":
        return {}
    assert chosen["host"] == "0.0.0.0"  # noqa: S104 - others must reach it
    port: int = chosen["port"]
    return {agent: port for agent in Target.parse(chosen["target"]).agents}  # noqa: C420 - typed
