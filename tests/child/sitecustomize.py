"""Gives each Python process that a test starts the test's clock; ``tests/clocks.py`` says more.

Python imports this module by its name, from PYTHONPATH, before anything else.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_PORT = "batuta.core.clock"
_OFFSET_S = float(os.environ.get("TESTS_CLOCK_OFFSET_S", "0"))
_NOTE = os.environ.get("TESTS_CLOCK_NOTE", "")


class _Port:
    """Finds the clock's module as Python would, and then replaces its source."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        if name != _PORT:
            return None
        sys.meta_path.remove(cls)
        found = (finder.find_spec(name, path, target) for finder in list(sys.meta_path))
        spec: Any = next((each for each in found if each is not None), None)
        if spec is not None:
            run = spec.loader.exec_module

            def run_and_replace(module: Any) -> None:
                run(module)
                module.set_source(lambda: _now(module))

            spec.loader.exec_module = run_and_replace
        return spec


def _now(module: Any) -> Any:
    if not os.path.exists(_NOTE):  # noqa: PTH110  nothing is imported for it
        os.close(os.open(_NOTE, os.O_CREAT | os.O_WRONLY))
    return module.machine_time() + module.timedelta(seconds=_OFFSET_S)


if _NOTE:
    sys.meta_path.insert(0, _Port)
