"""A deferred package is loaded by whoever asks for more of it, and then it is as it always was."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from batuta.core.deferral import deferred

FILES = {
    "__init__.py": "LOADED.append('pkg')\nfrom .part import Part\nfrom .other import Other\n",
    "part.py": "from . import base\nclass Part(base.Base): pass\n",
    "base.py": "class Base: pass\n",
    "other.py": "LOADED.append('other')\nfrom .part import Part\nclass Other(Part): pass\n",
    "last.py": "from . import Other\n",
    "far/__init__.py": "LOADED.append('far')\n",
    "far/place.py": "from ..part import Part\nHERE = Part\n",
}


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    loaded: list[str] = []
    for name, text in FILES.items():
        file = tmp_path / "deferred_pkg" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("LOADED", "__import__('builtins').deferred_pkg_loaded"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("builtins.deferred_pkg_loaded", loaded, raising=False)
    yield loaded
    for name in [name for name in sys.modules if name.startswith("deferred_pkg")]:
        del sys.modules[name]


def part_of() -> ModuleType:
    with deferred("deferred_pkg", "deferred_pkg.far"):
        return import_module("deferred_pkg.far.place")


def test_a_module_inside_is_imported_without_its_packages(loaded: list[str]) -> None:
    here = part_of().HERE
    assert (loaded, here.__name__) == ([], "Part")


@pytest.mark.parametrize("ask", ["from {} import Other", "import {} as p; p.Other"])
def test_what_else_is_asked_for_loads_the_package_once(loaded: list[str], ask: str) -> None:
    here = part_of().HERE
    exec(ask.format("deferred_pkg"), {})  # noqa: S102 - an import as others write it
    assert loaded == ["pkg", "other"]
    package = sys.modules["deferred_pkg"]
    assert type(package) is ModuleType
    assert vars(package)["Part"] is here
    assert import_module("deferred_pkg.far").place.HERE is here
    assert loaded == ["pkg", "other"]
    with pytest.raises(ImportError):
        import_module("deferred_pkg.far.nothing")
    assert loaded == ["pkg", "other", "far"]


@pytest.mark.parametrize("name", ["other", "last"])
def test_another_module_inside_comes_after_the_package(loaded: list[str], name: str) -> None:
    part_of()
    module = import_module(f"deferred_pkg.{name}")
    assert loaded == ["pkg", "other"]
    assert import_module("deferred_pkg").Other is module.Other
    assert module.__spec__ is not None
    assert module.__spec__.origin == module.__file__
    assert loaded == ["pkg", "other"]


def test_threads_that_ask_at_once_load_it_once(loaded: list[str]) -> None:
    part_of()
    package, found = import_module("deferred_pkg"), list[object]()
    threads = [threading.Thread(target=lambda: found.append(package.Other)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == ["pkg", "other"]
    assert len(set(map(id, found))) == 1


def test_a_package_that_is_loaded_or_not_there_is_left_alone(loaded: list[str]) -> None:
    package = import_module("deferred_pkg")
    with deferred("deferred_pkg", "deferred_pkg_that_is_not_there"):
        assert sys.modules["deferred_pkg"] is package
    assert "deferred_pkg_that_is_not_there" not in sys.modules
    assert loaded == ["pkg", "other"]


def test_what_a_package_has_not_is_missed_as_ever(loaded: list[str]) -> None:
    part_of()
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = import_module("deferred_pkg").nothing
    with pytest.raises(ImportError):
        import_module("deferred_pkg.nothing")
    assert loaded == ["pkg", "other"]
