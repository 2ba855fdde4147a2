"""Loading a part of a large library without the rest, which is loaded once somebody asks for it."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType
from typing import Any

_lock = RLock()
_loading: set[str] = set()
"""Packages whose own code is being run, by whoever holds the lock."""
_open: set[str] = set()
"""Packages inside of which modules are imported without it."""


@contextmanager
def deferred(*packages: str) -> Generator[None]:
    """Import modules inside of packages while the block lasts, and not the packages' own code.

    That is run as soon as anything else is asked of a package, and after the block before any
    further module inside of it is imported. One that is loaded, or not installed, stays as it is.

    Args:
        packages: Outer before inner ones.
    """
    made: list[str] = []
    for name in packages:
        spec = None if name in sys.modules else find_spec(name)
        if spec is not None:
            _put(spec)
            made.append(name)
    try:
        yield
    finally:
        _open.difference_update(made)
        if made and not any(isinstance(each, _DeferredFirst) for each in sys.meta_path):
            sys.meta_path.insert(0, _DeferredFirst())


def _put(spec: ModuleSpec) -> None:
    """Put a package in its place, empty."""
    package = module_from_spec(spec)
    package.__class__ = _DeferredPackage
    _open.add(spec.name)
    sys.modules[spec.name] = package
    outer, _, inner = spec.name.rpartition(".")
    if outer:
        setattr(sys.modules[outer], inner, package)


class _DeferredPackage(ModuleType):
    """A package whose own code was not run yet."""

    def __getattr__(self, name: str) -> Any:
        spec, held = self.__spec__, vars(self)
        if spec is None or spec.loader is None:
            raise AttributeError(name)
        inner = f"{spec.name}.{name}"
        if spec.name in _open and not name.startswith("__") and find_spec(inner) is not None:
            return import_module(inner)
        with _lock:  # others wait until it is whole
            if name not in held:
                _load(self, spec.name, spec.loader)
        if name in held:
            return held[name]
        raise AttributeError(f"module {spec.name!r} has no attribute {name!r}")


def _load(package: ModuleType, name: str, loader: Loader) -> None:
    """Run a package's own code, once; held by the lock."""
    if type(package) is not _DeferredPackage or name in _loading:
        return
    _loading.add(name)
    try:
        loader.exec_module(package)
        ModuleType.__setattr__(package, "__class__", ModuleType)
    finally:
        _loading.discard(name)


class _DeferredFirst(MetaPathFinder):
    """Has a deferred package loaded before a module inside of it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        outer = fullname.rpartition(".")[0]
        package = sys.modules.get(outer)
        if type(package) is not _DeferredPackage or outer in _open or package.__spec__ is None:
            return None
        if package.__spec__.loader is not None:
            with _lock:
                _load(package, outer, package.__spec__.loader)
        made = sys.modules.get(fullname)
        if made is None:
            return None
        made.__spec__ = spec = ModuleSpec(fullname, _Made(made))  # Python takes a made one's own
        return spec


class _Made(Loader):
    """Gives a module that was imported meanwhile."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
