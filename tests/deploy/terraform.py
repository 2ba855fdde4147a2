"""Runs the real terraform in a copy of our modules, with a provider that reaches nothing."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.cloud import REGION

SOURCE = Path(__file__).parents[2] / "deploy" / "terraform"
STYLES = tuple("abcdefgh")
ROOTS = ("shared", *STYLES)
_OLDEST = (1, 11)
_LOCAL = 'terraform {\n  backend "local" {}\n}\n'


@functools.cache
def lack() -> str:
    """Say why terraform cannot be used here; empty where it can."""
    found = shutil.which("terraform")
    if found is None:
        return "no terraform is installed"
    done = subprocess.run([found, "version", "-json"], capture_output=True, text=True, check=False)
    version = re.search(r'"terraform_version": "(\d+)\.(\d+)', done.stdout)
    if version is None:
        return f"no terraform tells its version: {done.stderr[-200:]}"
    if (int(version[1]), int(version[2])) < _OLDEST:
        return f"no terraform from 1.11 on, but {version[1]}.{version[2]}"
    return ""


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """One root or module in a copy of its own.

    Args:
        modules: The copy of ``deploy/terraform``.
        environment: That of the provider.
        variables: Given to every command as TF_VAR.
    """

    modules: Path
    name: str
    environment: Mapping[str, str]
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.modules / self.name

    def run(self, *words: str, fails: bool = False, more: Mapping[str, str] | None = None) -> str:
        """Run terraform; give what it says, and see that it succeeds, or fails."""
        given = {
            f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in self.variables.items()
        }
        done = subprocess.run(
            [str(shutil.which("terraform")), f"-chdir={self.folder}", *words],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.modules),
                "CHECKPOINT_DISABLE": "1",
                "TF_IN_AUTOMATION": "1",
                **self.environment,
                **given,
                **(more or {}),
            },
        )
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"terraform {' '.join(words)}\n{said}"
        return said

    def init(self) -> None:
        """Get it ready."""
        self.run("init", "-input=false", "-no-color")

    def apply(self) -> str:
        """Make everything."""
        return self.run("apply", "-auto-approve", "-input=false", "-no-color")

    def plan(self) -> dict[str, Any]:
        """Give what would be done."""
        self.run("plan", "-input=false", "-out=plan.bin")
        return self.shown("plan.bin")

    def shown(self, *what: str) -> dict[str, Any]:
        """Give the plan, or the state, as data."""
        return json.loads(self.run("show", "-json", *what))


def copied(folder: Path, name: str, environment: Mapping[str, str], **variables: Any) -> Terraform:
    """Copy the modules, with a local state, and get one of them ready."""
    modules = folder / "terraform"
    if not modules.exists():
        shutil.copytree(SOURCE, modules, ignore=shutil.ignore_patterns(".terraform*", "*.tfvars"))
    given = {"region": REGION, **variables}
    made = Terraform(modules=modules, name=name, environment=environment, variables=given)
    if name in ROOTS:
        (made.folder / "backend_override.tf").write_text(_LOCAL)
    made.init()
    return made


def resources(shown: Mapping[str, Any], kind: str = "") -> list[dict[str, Any]]:
    """List the resources of a plan or state, those of its modules too."""
    whole = shown.get("planned_values") or shown["values"]
    found: list[dict[str, Any]] = []
    todo = [whole["root_module"]]
    while todo:
        module = todo.pop()
        todo += module.get("child_modules", [])
        found += [r for r in module.get("resources", []) if r["mode"] == "managed"]
    return [each for each in found if each["type"] == kind or not kind]


def changes(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """List what a plan changes: address to actions."""
    every = plan.get("resource_changes", [])
    done = {
        each["address"]: each["change"]["actions"] for each in every if each["mode"] == "managed"
    }
    return {address: actions for address, actions in done.items() if actions != ["no-op"]}
