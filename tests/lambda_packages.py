"""Packages for Lambda as a user builds them: each distinct one once a run, for all its workers.

They are built from uv's cache, as tests have no network. ``python -m tests.lambda_packages`` puts
there what is not, and belongs to the set-up.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from batuta.errors import ConfigError
from batuta.models.vendors import PROVIDERS
from batuta.packaging import Package, PackageSpec, build_package
from batuta.packaging.build import HERE, runs_here
from batuta.packaging.contents import extras_of
from batuta.packaging.installing import Place, Uv, find_project
from batuta.styles import STYLES
from tests.once import alone, run_folder

ROOT = Path(__file__).parents[1]
ARCH = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def spec_of(style: str, model: str = "") -> PackageSpec:
    """Describe a package that runs on this machine, from what uv has here."""
    return PackageSpec(style=style, model=model, arch=ARCH, project=ROOT, offline=True, here=True)


class Packages:
    """Builds packages into a folder that all workers of a test run share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def built(self, style: str, model: str = "") -> Package:
        """Give a style's package; skip the test where none can run."""
        spec = spec_of(style, model)
        if not runs_here(spec):
            pytest.skip("Linux alone runs Lambda's packages")
        # Styles with the same extras have the same package: nothing else goes into it.
        target = self._folder / f"{'-'.join(extras_of(style, model))}.zip"
        note = target.with_suffix(".json")
        with alone(target):
            if not note.exists():
                note.write_text(json.dumps(_made(spec, target)))
        said: dict[str, Any] = json.loads(note.read_text())
        if "failed" in said:
            pytest.fail(f"{said['failed']} If uv's cache lacks something: make fetch")
        return Package(**{**said, "path": target, "extras": tuple(said["extras"])})


def unpacked(package: Path) -> Path:
    """Give the folder, beside a package, that holds what it holds and nothing else."""
    folder = package.with_suffix("")
    with alone(package):
        if not folder.exists():
            begun = package.with_suffix(".begun")
            with ZipFile(package) as archive:
                archive.extractall(begun)
            begun.rename(folder)
    return folder


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages(run_folder(tmp_path_factory) / "packages")


def _made(spec: PackageSpec, target: Path) -> dict[str, Any]:
    try:
        return asdict(build_package(spec, target)) | {"path": ""}
    except ConfigError as error:
        return {"failed": str(error)}  # so that no other worker tries in vain


def fetch() -> int:
    """Install once, into a folder that is then gone, what any style's package holds; say how."""
    models = "|".join(f"{provider}:any" for provider in PROVIDERS if provider != "local")
    extras = sorted({extra for style in STYLES for extra in extras_of(style.key, models)})
    failed: ConfigError | None = None
    for offline in (True, False):
        with tempfile.TemporaryDirectory(prefix="packages-") as folder:
            place = Place(folder=Path(folder, "env"), arch=ARCH, python=HERE, here=True)
            try:
                Uv(offline=offline).install(find_project(ROOT), extras, place)
            except ConfigError as error:
                failed = error
            else:
                sys.stdout.write(f"Lambda's packages: {'there' if offline else 'fetched'}\n")
                return 0
    sys.stdout.write(f"Lambda's packages: {failed}\n")
    return 1


if __name__ == "__main__":
    sys.exit(fetch())
