"""The one command that adds to an installation, from wherever it came and stands."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import (
    DISTRIBUTION,
    called,
    checkout_folder,
    install_command,
    installation,
    missing_extra,
    package_command,
)
from batuta.remote.result import error_from_json, error_to_json

ROOT = Path(__file__).parents[3]
WHEEL = "/some where/batuta_agents-0.1.0-py3-none-any.whl"
FROM_WHEEL = {"url": f"file://{WHEEL.replace(' ', '%20')}", "archive_info": {}}


def comes_from(monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | str | None) -> None:
    """Let the package be built, and installed from there; None for an index."""
    text = json.dumps(origin) if isinstance(origin, dict) else origin

    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return text

    monkeypatch.setattr(installation, "checkout_folder", lambda: None)
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())


def environment(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, pip: bool = True, active: bool = True
) -> Path:
    """Let this be a virtual environment; gives its folder of programs."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "pip", "batuta") if pip else ("python", "batuta"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(installation, "find_spec", lambda name: "found" if pip else None)
    monkeypatch.setattr(sys, "prefix", str(folder))
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", str(programs) if active else "/nowhere")
    return programs


def test_this_is_a_checkout() -> None:
    assert checkout_folder() == ROOT


@pytest.fixture
def in_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    checkout = tmp_path / "a checkout"
    environment(monkeypatch, checkout / ".venv", pip=False)
    monkeypatch.setattr(installation, "checkout_folder", lambda: checkout)
    return checkout


def test_in_a_checkout_its_own_uv_adds_extras(
    in_checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(in_checkout)
    wanted = "./scripts/uv.sh sync --inexact --no-default-groups --extra grpc --extra durable"
    assert install_command("grpc", "durable") == wanted
    assert (
        package_command("--no-deps", "weights") == "./scripts/uv.sh pip install --no-deps weights"
    )


def test_from_another_folder_a_checkout_is_named(
    in_checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert install_command("grpc") == (
        f"'{in_checkout}/scripts/uv.sh' sync --project '{in_checkout}' "
        "--inexact --no-default-groups --extra grpc"
    )
    assert package_command("weights") == (
        f"'{in_checkout}/scripts/uv.sh' pip install --python '{in_checkout}/.venv' weights"
    )


def test_a_checkout_in_somebody_elses_environment_is_installed_there(
    in_checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment(monkeypatch, tmp_path / "env")
    assert install_command("grpc") == f"pip install --editable '{in_checkout}[grpc]'"


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (FROM_WHEEL, f"'{WHEEL}[grpc,durable]'"),
        ({"url": "file:///src/batuta", "dir_info": {}}, "'/src/batuta[grpc,durable]'"),
        (
            {"url": "https://host/b.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}},
            "'batuta-agents[grpc,durable] @ git+https://host/b.git@c0ffee'",
        ),
        (
            {"url": "https://host/b.whl", "archive_info": {}},
            "'batuta-agents[grpc,durable] @ https://host/b.whl'",
        ),
        (None, "'batuta-agents[grpc,durable]'"),
        ("no JSON", "'batuta-agents[grpc,durable]'"),
    ],
)
def test_an_installed_package_is_asked_for_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, origin: Any, requirement: str
) -> None:
    environment(monkeypatch, tmp_path / "env")
    comes_from(monkeypatch, origin)
    assert install_command("grpc", "durable") == f"pip install {requirement}"


def test_a_package_whose_metadata_is_not_there_has_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment(monkeypatch, tmp_path / "env")
    monkeypatch.setattr(installation, "checkout_folder", lambda: None)
    monkeypatch.setattr(installation, "DISTRIBUTION", "nobody-has-this")
    assert install_command("grpc") == "pip install 'nobody-has-this[grpc]'"


@pytest.mark.parametrize(
    ("pip", "active", "installer"),
    [
        (True, True, "pip install"),
        (True, False, "env/bin/python -m pip install"),
        (False, True, "uv pip install --python env/bin/python"),
    ],
)
def test_the_installer_is_the_environments_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pip: bool, active: bool, installer: str
) -> None:
    environment(monkeypatch, tmp_path / "env", pip=pip, active=active)
    comes_from(monkeypatch, None)
    monkeypatch.chdir(tmp_path)
    assert install_command("cli") == f"{installer} 'batuta-agents[cli]'"
    assert package_command("weights") == f"{installer} weights"


def test_a_project_of_uv_has_it_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment(monkeypatch, tmp_path / ".venv", pip=False)
    comes_from(monkeypatch, FROM_WHEEL)
    (tmp_path / "uv.lock").touch()
    monkeypatch.chdir(tmp_path)
    assert install_command("cli") == f"uv add '{WHEEL}[cli]'"
    assert package_command("weights") == "uv pip install --python .venv/bin/python weights"
    monkeypatch.chdir("/")
    assert install_command("cli") == f"uv add --project {tmp_path} '{WHEEL}[cli]'"


def test_a_folder_that_is_gone_makes_no_second_error(
    in_checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "/scripts/uv.sh' sync --project" in install_command("grpc")
    assert called() == "batuta"


@pytest.mark.parametrize("active", [True, False])
def test_the_command_is_called_as_the_shell_finds_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, active: bool
) -> None:
    programs = environment(monkeypatch, tmp_path / "env", active=active)
    monkeypatch.chdir(tmp_path)
    assert called() == ("batuta" if active else "env/bin/batuta")
    (programs / "batuta").unlink()
    assert called() == "env/bin/python -m batuta"


def test_another_environments_command_is_not_taken_for_this(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    others = environment(monkeypatch, tmp_path / "other")
    environment(monkeypatch, tmp_path / "env")
    monkeypatch.setenv("PATH", str(others))
    monkeypatch.chdir(tmp_path)
    assert shutil.which("batuta")
    assert called() == "env/bin/batuta"


def test_the_command_is_told_on_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment(monkeypatch, tmp_path / "env")
    comes_from(monkeypatch, FROM_WHEEL)
    error = missing_extra("Durable runs need DBOS", "durable", "cli")
    assert str(error) == (
        "Durable runs need DBOS. Install the extras durable and cli of batuta-agents."
    )
    assert error.__notes__ == [f"Run: pip install '{WHEEL}[durable,cli]'"]
    there = json.dumps(error_to_json(error))
    assert WHEEL not in there
    assert str(error_from_json(json.loads(there))) == str(error)


def test_the_name_is_the_projects() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == DISTRIBUTION
    assert list(project["scripts"]) == ["batuta"]
