"""Importing the package, or any public name, loads nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {
    *("a2a", "agents", "anthropic", "boto3", "botocore", "openai", "pydantic_ai"),
    *("agent_framework", "google", "langchain", "langchain_core", "langgraph", "strands"),
    *("fastapi", "starlette", "uvicorn", "httpx", "grpc", "mcp", "dbos"),
    *("opentelemetry", "rich", "typer"),
}
PACKAGE_ALONE = 40  # modules that `import batuta` may add to a bare interpreter

PROBE = """
import importlib, json, sys
bare = set(sys.modules)
package = importlib.import_module(sys.argv[1])
added = {"": sorted(set(sys.modules) - bare)}
for name in getattr(package, "__all__", ()):
    seen = set(sys.modules)
    getattr(package, name)
    added[name] = sorted(set(sys.modules) - seen)
print(json.dumps(added))
"""


def modules_added(package: str, folder: Path | None = None) -> dict[str, list[str]]:
    """What each name of a package loads, in order; "" stands for the package itself."""
    command = [sys.executable, "-c", PROBE, package]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def heavy(added: dict[str, list[str]]) -> dict[str, list[str]]:
    """The heavy libraries that each name brings in."""
    found = {name: sorted({m.split(".")[0] for m in new} & HEAVY) for name, new in added.items()}
    return {name: libraries for name, libraries in found.items() if libraries}


def test_no_public_name_loads_a_heavy_library() -> None:
    assert heavy(modules_added("batuta")) == {}


def test_package_alone_is_light() -> None:
    added = modules_added("batuta")[""]

    assert len(added) <= PACKAGE_ALONE, added


def test_heavy_import_is_caught(tmp_path: Path) -> None:
    (tmp_path / "laden.py").write_text(
        "__all__ = ['light', 'client']\n"
        "def __getattr__(name):\n"
        "    if name == 'client':\n"
        "        import httpx\n"
        "    return name\n"
    )

    added = modules_added("laden", tmp_path)

    assert heavy(added).keys() == {"client"}
    assert "httpx" in heavy(added)["client"]
    assert "laden" in added[""]
    assert len(added["client"]) > PACKAGE_ALONE
