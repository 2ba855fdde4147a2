"""The import contracts see what they are there for: each is tried on packages made here."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract
    for contract in tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}
FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "


def broken(folder: Path, contract: str, files: Mapping[str, str]) -> str:
    """What a contract says of a package ``batuta`` of these files; empty where it is kept."""
    for name, text in files.items():
        path = folder / "batuta" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for parent in (*path.relative_to(folder).parents,)[:-1]:
            (folder / parent / "__init__.py").touch()
    fields: dict[str, Any] = {
        **CONTRACTS[contract], "name": "it", "unmatched_ignore_imports_alerting": "none",
    }  # fmt: skip
    lines = ["[importlinter]", "root_package = batuta", "[importlinter:contract:it]"]
    for key, value in fields.items():
        listed = isinstance(value, list)
        lines += (
            [f"{key} =", *(f"    {each}" for each in value)] if listed else [f"{key} = {value}"]
        )
    (folder / "setup.cfg").write_text("\n".join(lines))
    lint = Path(sys.executable).with_name("lint-imports")
    command = [lint, "--config", "setup.cfg", "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "it BROKEN" in done.stdout or done.returncode == 0, done.stdout + done.stderr
    return done.stdout if done.returncode else ""


@pytest.mark.parametrize(
    "files",
    [
        {"core/app.py": "import batuta.core.hooks", "core/hooks.py": "import batuta.core.app"},
        {
            "core/app.py": f"{FOR_TYPES}import batuta.core.hooks",
            "core/hooks.py": f"{FOR_TYPES}import batuta.core.app",
        },
        {
            "aws/client.py": "def made():\n    import batuta.aws.access",
            "aws/access.py": "import batuta.aws.client",
        },
        {
            "models/one.py": "import batuta.storage.two",
            "storage/two.py": "pass",
            "storage/three.py": "import batuta.models.four",
            "models/four.py": "pass",
        },
    ],
    ids=["files", "types", "lazily", "folders"],
)
def test_a_circle_of_files_or_folders_is_seen(tmp_path: Path, files: dict[str, str]) -> None:
    assert "No cycles are allowed in batuta" in broken(tmp_path, "no-circles", files)


def test_what_leads_one_way_is_no_circle(tmp_path: Path) -> None:
    files = {"a/one.py": "import batuta.a.two\nimport batuta.b.one", "a/two.py": "", "b/one.py": ""}
    assert not broken(tmp_path, "no-circles", files)


ROOMS = {
    "models/vendor.py": "",
    "offline/rules.py": "",
    "standin/wire.py": "",
    "testing/scripted.py": "",
    "testing/faulty.py": "import batuta.testing.scripted",
    "cli/tape.py": "import batuta.testing.scripted",
    "cli/chat.py": "import batuta.standin.wire",
    "styles/managed_agent.py": "import batuta.standin.wire",
    "wiring/model_choice.py": "import batuta.offline.rules",
}


@pytest.mark.parametrize("contract", ["doubles-for-tests", "stand-ins", "real-models"])
def test_who_picks_a_double_may_import_it(tmp_path: Path, contract: str) -> None:
    assert not broken(tmp_path, contract, ROOMS)


@pytest.mark.parametrize(
    ("contract", "importer", "double"),
    [
        ("doubles-for-tests", "runtimes/local.py", "testing.scripted"),
        ("doubles-for-tests", "cli/chat.py", "testing.scripted"),
        ("doubles-for-tests", "standin/wire.py", "testing.scripted"),
        ("stand-ins", "serve/door.py", "standin.wire"),
        ("stand-ins", "runtimes/local.py", "offline.rules"),
        ("real-models", "models/vendor.py", "offline.rules"),
        ("real-models", "models/vendor.py", "standin.wire"),
        ("real-models", "models/vendor.py", "testing.scripted"),
    ],
)
def test_anybody_else_that_imports_a_double_is_seen(
    tmp_path: Path, contract: str, importer: str, double: str
) -> None:
    said = broken(tmp_path, contract, {**ROOMS, importer: f"import batuta.{double}"})
    assert f"batuta.{double}" in said
