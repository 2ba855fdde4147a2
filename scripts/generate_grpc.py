"""Write the Python code of the gRPC protocol, or check that what is there is fresh.

Run: ``python scripts/generate_grpc.py [--check]``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src"
PROTO = Path("batuta/remote/grpc/v1/batuta.proto")
MADE = ("batuta_pb2.py", "batuta_pb2.pyi")


def generate(into: Path) -> None:
    """Write the generated files below a folder."""
    words = [f"-I{SOURCES}", f"--python_out={into}", f"--pyi_out={into}", str(PROTO)]
    protoc = [sys.executable, "-m", "grpc_tools.protoc", *words]
    subprocess.run(protoc, check=True)  # noqa: S603 - our own words
    stub = into / PROTO.parent / MADE[1]
    text = stub.read_text()
    # A strict type checker wants to know what is in a mapping.
    text = text.replace(", _Mapping]", ", _Mapping[str, _Any]]").replace(
        "from typing import ClassVar", "from typing import Any as _Any, ClassVar"
    )
    stub.write_text(text)


def stale() -> list[str]:
    """List the generated files that are not what the present ``.proto`` gives."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = {name: (Path(folder) / PROTO.parent / name).read_text() for name in MADE}
    here = SOURCES / PROTO.parent
    return [n for n in MADE if not (here / n).is_file() or (here / n).read_text() != fresh[n]]


def main() -> None:
    """Generate, or check."""
    if sys.argv[1:] == ["--check"]:
        old = stale()
        if old:
            raise SystemExit(f"Not fresh: {', '.join(old)}. Run: python scripts/generate_grpc.py")
    else:
        generate(SOURCES)


if __name__ == "__main__":
    main()
