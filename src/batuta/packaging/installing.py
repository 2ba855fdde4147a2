"""Installs locked versions for another machine into a folder, by uv."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batuta.errors import DISTRIBUTION, ConfigError, missing_extra
from batuta.packaging.contents import unreached_packages
from batuta.settings import environment_with

ARCHES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""Lambda's names of its two machines, and those of the wheels for them."""

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""Runtimes of Lambda that this package supports.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, read 2025-11.
"""

_OLD_GLIBC = ("3.11",)  # its runtime is Amazon Linux 2; those after it are Amazon Linux 2023
_LONGEST_S = 600
_LONGEST_SAID = 800
_FAILS = re.compile(r"^(?:error\b|\s*[\u00d7x] )", re.MULTILINE)
_ALWAYS = ("--no-progress", "--link-mode", "copy", "--no-python-downloads")


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A folder with ``pyproject.toml`` and ``uv.lock``.

    Args:
        own: Whether it is this package's own; any other is the user's and depends on it.
    """

    folder: Path
    name: str

    @property
    def own(self) -> bool:
        """Whether it is this package itself."""
        return self.name == DISTRIBUTION

    def built_here(self) -> Mapping[str, str]:
        """Give what it takes from folders and repositories: name to what uv installs it from.

        It is built on this machine, as the project itself is; all else comes as wheels.
        """
        locked = tomllib.loads((self.folder / "uv.lock").read_text("utf-8")).get("package", [])
        places = {each["name"]: _place(self.folder, each) for each in locked}
        needed = set(_needed(self.name, {each["name"]: each for each in locked}))
        if self.own:
            return {}
        return {name: places[name] for name in sorted(needed - {self.name}) if places.get(name)}


def _needed(name: str, locked: Mapping[str, Any]) -> Iterator[str]:
    """List what a package needs, and what that needs; extras where they are asked for."""
    seen: set[tuple[str, str]] = set()
    waiting = [(name, "")]
    while waiting:
        package, extra = waiting.pop()
        told = locked.get(package)
        if told is None or (package, extra) in seen:
            continue
        seen.add((package, extra))
        further = told.get("optional-dependencies", {}).get(extra, ())
        for each in further if extra else told.get("dependencies", ()):
            waiting += [(each["name"], asked) for asked in ("", *each.get("extra", ()))]
            yield each["name"]


def _place(folder: Path, told: Mapping[str, Any]) -> str:
    """Say what uv builds a locked package from; empty where there is a wheel, or nothing to do."""
    source: Mapping[str, str] = told.get("source", {})
    place = source.get("directory") or source.get("editable")
    if place:
        return str(folder / place)
    address, _, commit = source.get("git", "").partition("#")
    return f"git+{address.partition('?')[0]}@{commit}" if address else ""


def find_project(folder: Path) -> Project:
    """Find the locked project that a folder belongs to.

    Raises:
        ConfigError: There is none.
    """
    for place in (folder.resolve(), *folder.resolve().parents):
        if (place / "uv.lock").is_file() and (place / "pyproject.toml").is_file():
            told = tomllib.loads((place / "pyproject.toml").read_text("utf-8"))
            return Project(folder=place, name=told.get("project", {}).get("name", ""))
    raise ConfigError(
        f"There is no uv.lock in {folder.resolve()} or above it",
        "Go to your project's folder, and run `uv lock` there: a package holds locked versions.",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where to install, and for what.

    Args:
        folder: Becomes a virtual environment.
        arch: A key of ``ARCHES``.
        python: Such as ``3.13``.
        here: Take the wheels that this machine would, not those for Lambda.
    """

    folder: Path
    arch: str
    python: str
    here: bool = False

    @property
    def platform(self) -> str:
        """The wheels' platform, as uv names it."""
        glibc = "manylinux2014" if self.python in _OLD_GLIBC else "manylinux_2_28"
        return f"{ARCHES[self.arch]}-{glibc}"

    @property
    def interpreter(self) -> Path:
        """The environment's Python, which runs on this machine."""
        return self.folder / "bin" / "python"


def _chosen(extras: Sequence[str]) -> Iterator[str]:
    """Say in uv's words which of our dependencies a package holds."""
    for extra in extras:
        yield from ("--extra", extra)
    for name in unreached_packages(extras):
        yield from ("--no-install-package", name)


class Uv:
    """The tool uv.

    Args:
        offline: Take everything from its cache.
    """

    def __init__(self, *, offline: bool = False) -> None:
        try:
            from uv import find_uv_bin
        except ImportError as error:
            what = "Packages are made by uv, which is not installed"
            raise missing_extra(what, "package") from error
        self._program = find_uv_bin()
        self._offline = ("--offline",) if offline else ()

    def install(self, project: Project, extras: Sequence[str], place: Place) -> Path:
        """Install a project and its locked versions, from wheels alone; gives their folder.

        Raises:
            ConfigError: uv cannot, and what it said.
        """
        platform = () if place.here else ("--python-platform", place.platform)
        wanted = _chosen(extras) if project.own else ()
        built = project.built_here()
        apart = [word for name in built for word in ("--no-install-package", name)]
        where = {"UV_PROJECT_ENVIRONMENT": str(place.folder)}
        self._run(
            "sync", "--frozen", "--no-default-groups", "--no-build", "--no-install-project",
            "--project", str(project.folder), "--python", place.python,
            *platform, *wanted, *apart, **where,
        )  # fmt: skip
        made = [*built.values(), str(project.folder)]
        self._run("pip", "install", "--no-deps", "--python", str(place.interpreter), *made)
        packages = place.folder / "lib" / f"python{place.python}" / "site-packages"
        if not place.here:
            _check_pure(packages, (*built, project.name))
        return packages

    def _run(self, *words: str, **environment: str) -> None:
        command = [self._program, *words, *self._offline, *_ALWAYS]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
            env=environment_with(**environment),
        )
        if done.returncode:
            said = " ".join(_failure(done.stderr).split())[:_LONGEST_SAID]
            raise ConfigError(f"uv {words[0]} failed: {said}", "Mend it, then try again.")


def _failure(said: str) -> str:
    """Leave out what uv says before the failure itself, such as what it resolved and downloaded."""
    found = _FAILS.search(said)
    return said[found.start() :] if found else said


def _check_pure(packages: Path, names: Iterable[str]) -> None:
    """See that what was built here holds Python code alone.

    Raises:
        ConfigError: It holds code of this machine, which Lambda's may not run.
    """
    wanted = {name.replace("-", "_").lower() for name in names}
    for told in packages.glob("*.dist-info/WHEEL"):
        name = told.parent.name.partition("-")[0]
        if name.lower() in wanted and "Root-Is-Purelib: true" not in told.read_text("utf-8"):
            raise ConfigError(
                f"{name} is built here, and holds code for this machine",
                "Give the project a wheel of it for Lambda's machine, by an index or a file.",
            )
