"""Makes one package: export, install, prune, compile, zip, measure."""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from batuta.errors import ConfigError
from batuta.packaging.archive import write_zip
from batuta.packaging.contents import extras_of, prune
from batuta.packaging.installing import ARCHES, PYTHONS, Place, Uv, find_project

HANDLER = "batuta.serve.aws_lambda.handler"
"""What a function made of a package is told to call."""

_ON_LAMBDA = "/var/task"
_MACHINES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python that runs now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageSpec:
    """What a package is made of.

    Args:
        model: Names of the models that it asks, for the vendors' SDKs.
        extras: Further extras of this package, such as ``rag``.
        arch: ``arm64`` or ``x86_64``.
        python: Lambda's runtime; the same Python must be on this machine, to compile the code.
        project: A folder of the project to package.
        offline: Take everything from uv's cache.
        here: Take the wheels that this machine would, not those for Lambda; for trying it out.
    """

    style: str
    model: str = ""
    extras: tuple[str, ...] = ()
    arch: str = "arm64"
    python: str = HERE
    project: Path = Path()
    offline: bool = False
    here: bool = False

    def __post_init__(self) -> None:
        if self.arch not in ARCHES:
            raise ConfigError(f"There is no machine {self.arch!r}", f"Use {' or '.join(ARCHES)}.")
        if self.python not in PYTHONS:
            raise ConfigError(
                f"Lambda has no Python {self.python} here", f"Use one of {', '.join(PYTHONS)}."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """A zip for Lambda.

    Args:
        sha256: Of the zip, in hex.
        zipped: Bytes.
        unzipped: Bytes.
        extras: Of this package, for the style and its models.
    """

    path: Path
    sha256: str
    zipped: int
    unzipped: int
    extras: tuple[str, ...]


def build_package(spec: PackageSpec, target: Path) -> Package:
    """Build a zip; the same project, lock and options give the same bytes.

    Args:
        target: The zip to write.

    Raises:
        ConfigError: There is no locked project, uv is missing or fails, or a name is unknown.
    """
    extras = extras_of(spec.style, spec.model, spec.extras)
    project = find_project(spec.project)
    uv = Uv(offline=spec.offline)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="batuta-package-") as scratch:
        place = Place(
            folder=Path(scratch, "env"), arch=spec.arch, python=spec.python, here=spec.here
        )
        folder = uv.install(project, extras, place)
        prune(folder, own=project.own)
        _compile(folder, place.interpreter)
        unzipped = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
        sha256 = write_zip(folder, target)
    return Package(
        path=target,
        sha256=sha256,
        zipped=target.stat().st_size,
        unzipped=unzipped,
        extras=extras,
    )


def runs_here(spec: PackageSpec) -> bool:
    """Tell whether this machine can run the package."""
    machine = _MACHINES.get(platform.machine())
    return sys.platform == "linux" and machine == spec.arch and spec.python == HERE


def _compile(folder: Path, python: Path) -> None:
    """Compile in a process whose hashes are fixed; Lambda has no time to, nor a place to keep it.

    The code is found by its hash, unchecked: the zip has no dates to compare.
    """
    done = subprocess.run(
        [
            str(python), "-S", "-P", "-m", "compileall", "-q", "-q", "-j", "1",
            "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", _ON_LAMBDA,
            str(folder),
        ],
        capture_output=True, text=True, check=False, env={"PYTHONHASHSEED": "0"},
    )  # fmt: skip
    # Packages ship templates that are no Python; what cannot be compiled is imported as source.
    if done.returncode not in (0, 1):
        raise ConfigError(f"Compiling failed: {done.stderr.strip()[-600:]}", "Try again.")
