from __future__ import annotations

from pathlib import Path

import pytest

from batuta.errors import DISTRIBUTION, ConfigError
from batuta.packaging import PackageSpec
from batuta.packaging.installing import Place, Project, Uv, find_project


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


def locked(folder: Path, name: str, source: str) -> Project:
    """Make a project that has this package from there."""
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n')
    wanted = f'dependencies = [{{ name = "{DISTRIBUTION}" }}]\n' if name != DISTRIBUTION else ""
    root = f'[[package]]\nname = "{name}"\nsource = {{ editable = "." }}\n{wanted}'
    ours = f'[[package]]\nname = "{DISTRIBUTION}"\nsource = {{ {source} }}\n'
    (folder / "uv.lock").write_text(root + (ours if wanted else ""))
    return find_project(folder)


def asked_of_uv(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What uv is told to install a project."""
    heard, program = tmp_path / "heard", tmp_path / "uv"
    program.write_text(f'#!/bin/sh\necho "$*" >> {heard}\n')
    program.chmod(0o755)
    monkeypatch.setattr("uv.find_uv_bin", lambda: str(program))
    Uv().install(project, ["lambda"], Place(folder=tmp_path / "env", arch="arm64", python="3.13"))
    return heard.read_text().splitlines()


def test_this_package_is_packaged_with_the_extras_of_the_style(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, built = asked_of_uv(
        locked(tmp_path, DISTRIBUTION, 'editable = "."'), tmp_path, monkeypatch
    )

    assert "--extra lambda" in synced
    assert f"--no-install-package {DISTRIBUTION}" not in synced
    assert f"bin/python {tmp_path} " in built


@pytest.mark.parametrize(
    ("source", "ours"),
    [
        ('directory = "../batuta"', "{}/../batuta "),
        ('editable = "/src/batuta"', "/src/batuta "),
        ('path = "/dist/batuta_agents-0.1.0-py3-none-any.whl"', ""),
        ('registry = "https://pypi.org/simple"', ""),
    ],
)
def test_a_project_may_have_this_package_from_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, ours: str
) -> None:
    synced, built = asked_of_uv(locked(tmp_path, "mine", source), tmp_path, monkeypatch)

    assert "--extra" not in synced
    assert (f"--no-install-package {DISTRIBUTION}" in synced) == bool(ours)
    assert f"bin/python {ours.format(tmp_path)}{tmp_path} " in built


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


LOCK = """
[[package]]
name = "mine"
source = { editable = "." }
dependencies = [{ name = "one", extra = ["more"] }, { name = "plain" }]
[package.optional-dependencies]
never = [{ name = "unasked" }]
[package.dev-dependencies]
dev = [{ name = "tool" }]

[[package]]
name = "one"
source = { directory = "../one" }
dependencies = [{ name = "mine" }]
[package.optional-dependencies]
more = [{ name = "two" }]

[[package]]
name = "two"
source = { git = "https://git.example/two?tag=v1#0123abc" }

[[package]]
name = "plain"
source = { registry = "https://index.example" }

[[package]]
name = "unasked"
source = { directory = "../unasked" }

[[package]]
name = "tool"
source = { editable = "../tool" }
"""


def test_what_a_project_takes_from_folders_and_repositories_is_built_here(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    (tmp_path / "uv.lock").write_text(LOCK)

    built = find_project(tmp_path).built_here()

    assert built == {
        "one": f"{tmp_path}/../one",
        "two": "git+https://git.example/two@0123abc",
    }


@pytest.mark.parametrize(("pure", "taken"), [("true", True), ("false", False)])
def test_what_is_built_here_must_be_python_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pure: str, taken: bool
) -> None:
    project = locked(tmp_path, "mine", 'directory = "../batuta"')
    told = tmp_path / "env" / "lib" / "python3.13" / "site-packages" / "mine-1.dist-info"
    told.mkdir(parents=True)
    (told / "WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\n")
    if taken:
        assert len(asked_of_uv(project, tmp_path, monkeypatch)) == 2
        return
    with pytest.raises(ConfigError, match="mine is built here, and holds code for this machine"):
        asked_of_uv(project, tmp_path, monkeypatch)


def test_what_failed_stands_first_in_what_uv_is_quoted_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "uv"
    told = (
        "Resolved 9 packages\\nDownloading much\\nerror: Failed to build one\\n  cause: "
        + "x" * 2000
    )
    program.write_text(f'#!/bin/sh\nprintf "{told}" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setattr("uv.find_uv_bin", lambda: str(program))
    project = locked(tmp_path, "mine", 'directory = "../batuta"')
    place = Place(folder=tmp_path / "env", arch="arm64", python="3.13")
    with pytest.raises(ConfigError, match=r"^uv sync failed: error: Failed to build one cause: x"):
        Uv().install(project, [], place)
