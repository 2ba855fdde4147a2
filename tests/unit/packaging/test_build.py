from __future__ import annotations

from pathlib import Path

import pytest

from batuta.errors import ConfigError
from batuta.packaging import PackageSpec
from batuta.packaging.installing import Place, find_project


@pytest.mark.parametrize("wrong", [{"arch": "riscv"}, {"python": "3.8"}])
def test_what_lambda_does_not_have_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="Use"):
        PackageSpec(style="a", **wrong)  # type: ignore[arg-type]


def test_a_folder_without_a_lock_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="uv lock"):
        find_project(tmp_path)


def test_the_project_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    (tmp_path / "src" / "mine").mkdir(parents=True)

    found = find_project(tmp_path / "src" / "mine")

    assert (found.folder, found.name, found.own) == (tmp_path, "mine", False)


@pytest.mark.parametrize(
    ("arch", "python", "platform"),
    [
        ("arm64", "3.13", "aarch64-manylinux_2_28"),
        ("x86_64", "3.12", "x86_64-manylinux_2_28"),
        ("x86_64", "3.11", "x86_64-manylinux2014"),
    ],
)
def test_wheels_are_those_that_lambdas_system_runs(arch: str, python: str, platform: str) -> None:
    assert Place(folder=Path(), arch=arch, python=python).platform == platform
