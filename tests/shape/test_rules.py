"""No source breaks a rule of size or habit, and each rule catches a small offender."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.shape import habits, letters, sizes
from tests.shape.exceptions import EXCEPTIONS
from tests.shape.inventory import RULES as INVENTORY
from tests.shape.sources import ROOT, Finding, Source, sources
from tests.shape.verdict import Exemption, complaints

Rule = Callable[[Iterable[Source]], Iterator[Finding]]

OURS = ("src", "deploy", "examples", "bench")
# Each rule: what it may report, and where it looks.
RULES: dict[Rule, tuple[set[str], tuple[str, ...]]] = {
    sizes.file_lines: ({"file-lines"}, (*OURS, "scripts", "tests")),
    sizes.folder_lines: ({"folder-lines"}, ("src",)),
    sizes.function_sizes: (set(sizes.MEASURED.values()), OURS),
    sizes.public_methods: ({"public-methods"}, OURS),
    sizes.inheritance_depth: ({"inheritance-depth"}, ("src",)),
    habits.module_names: ({"module-name"}, (*OURS, "tests")),
    habits.prints: ({"print"}, ("src",)),
    habits.clocks: ({"clock"}, ("src",)),
    habits.wall_clocks: ({"wall-clock"}, ("tests", "examples", "bench", "scripts", "deploy")),
    habits.machine_clocks: ({"machine-clock"}, ("src",)),
    habits.chance: ({"chance"}, ("src",)),
    habits.environment: ({"environment"}, ("src",)),
    habits.broad_excepts: ({"broad-except"}, ("src",)),
    habits.probes: ({"probe"}, ("src",)),
    habits.suppressions: ({"suppression"}, ("src",)),
    habits.work_at_import: ({"work-at-import"}, ("src",)),
    letters.style_letters: ({"style-letter"}, ("src",)),
}
NAMES = {rule: rule.__name__ for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=NAMES.get)
def test_no_source_breaks(rule: Rule) -> None:
    reports, folders = RULES[rule]

    said = complaints(rule(sources(*folders)), EXCEPTIONS, reports)

    assert not said, "\n" + "\n".join(said)


def lines(count: int) -> str:
    return "x = 1\n" * count


def body(count: int) -> str:
    return "def f():\n" + "    x = 1\n" * count


def branches(count: int) -> str:
    return "def f(x):\n" + "    if x: pass\n" * count


def methods(count: int) -> str:
    return "class C:\n    def __init__(self): ...\n    def _p(self): ...\n" + "".join(
        f"    def m{i}(self): ...\n" for i in range(count)
    )


CHAIN = "class A: ...\nclass B(A): ...\nclass C(B): ..."
PLAIN = "src/batuta/core/sample.py"
DOOR = "src/batuta/serve/sample.py"
# rule, path, code, the number expected (0: nothing to find)
SAMPLES: list[tuple[Rule, str, str, int]] = [
    (sizes.file_lines, "src/batuta/control/sample.py", lines(151), 151),
    (sizes.file_lines, "src/batuta/control/sample.py", lines(150), 0),
    (sizes.file_lines, "src/batuta/compose/sample.py", lines(151), 151),
    (sizes.file_lines, "src/batuta/compose/sample/part.py", lines(151), 0),
    (sizes.folder_lines, "src/batuta/compose/sample/part.py", lines(301), 301),
    (sizes.folder_lines, "src/batuta/compose/sample/deep/part.py", lines(301), 301),
    (sizes.folder_lines, "src/batuta/compose/sample/part.py", lines(300), 0),
    (sizes.folder_lines, "src/batuta/compose/sample.py", lines(301), 0),
    (sizes.folder_lines, "src/batuta/core/sample/part.py", lines(301), 0),
    (sizes.file_lines, PLAIN, lines(401), 401),
    (sizes.file_lines, PLAIN, lines(400), 0),
    (sizes.file_lines, "tests/unit/test_sample.py", lines(601), 601),
    (sizes.file_lines, "tests/unit/test_sample.py", lines(600), 0),
    (sizes.function_sizes, PLAIN, body(31), 31),
    (sizes.function_sizes, PLAIN, body(31).replace("f():", "f():  # noqa: PLR0915"), 31),
    (sizes.function_sizes, PLAIN, body(30), 0),
    (sizes.function_sizes, PLAIN, branches(11), 11 + 12),  # branches and complexity
    (sizes.function_sizes, PLAIN, "def f(a, *, b, c, d, e, g, h): ...", 7),
    (sizes.function_sizes, PLAIN, "def f(a, b, c, d): ...", 4),
    (sizes.function_sizes, PLAIN, "class C:\n    def f(self, a, b, c, *, d, e, g): ...", 0),
    (sizes.function_sizes, PLAIN, "def f(x):\n" + "    if x: return 1\n" * 8 + "    return 2", 9),
    (sizes.public_methods, PLAIN, methods(11), 11),
    (sizes.public_methods, PLAIN, methods(10), 0),
    (sizes.public_methods, PLAIN, methods(10) + "    @property\n    def p(self): ...", 0),
    (sizes.inheritance_depth, PLAIN, CHAIN, 3),
    (sizes.inheritance_depth, PLAIN, "class A(Generic[T]): ...\nclass B(A[int]): ...", 0),
    (sizes.inheritance_depth, "src/batuta/errors/models.py", CHAIN, 0),
    (sizes.inheritance_depth, "src/batuta/tennis/errors.py", CHAIN, 0),
    (habits.module_names, "src/batuta/core/utils.py", "", 1),
    (habits.module_names, "src/batuta/common/__init__.py", "", 1),
    (habits.module_names, "src/batuta/storage/_helpers.py", "", 1),
    (habits.module_names, "src/batuta/storage/sqlite.py", "", 0),
    (habits.prints, PLAIN, "def f(): print(1)", 1),
    (habits.prints, "src/batuta/cli/demo.py", "def f(): print(1)", 0),
    (habits.clocks, PLAIN, "import time\ndef f(): return time.time() - time.monotonic_ns()", 2),
    (habits.clocks, PLAIN, "from time import monotonic as m\ndef f(clock=m): ...", 1),
    (habits.clocks, PLAIN, "from datetime import datetime\ndef f(): return datetime.now()", 1),
    (habits.clocks, PLAIN, "import datetime as d\ndef f(): return d.date.today()", 1),
    (habits.clocks, PLAIN, "import asyncio\nasync def f(): await asyncio.sleep(1)", 1),
    (habits.clocks, PLAIN, "import asyncio\ndef f(): asyncio.get_running_loop().time()", 1),
    (habits.clocks, PLAIN, "def f(run): return run.clock.now().time()", 0),
    (habits.clocks, "src/batuta/core/clock.py", "import time\ntime.time()", 0),
    (habits.wall_clocks, "tests/unit/test_a.py", "import time\nNOW = time.time()", 1),
    (habits.wall_clocks, "tests/unit/test_a.py", "from datetime import date\ndate.today()", 1),
    (habits.wall_clocks, "tests/unit/test_a.py", "import datetime as d\nd.datetime.now()", 1),
    (habits.wall_clocks, "tests/unit/test_a.py", "import time\ntime.monotonic()", 0),
    (habits.machine_clocks, DOOR, "from batuta.core.clock import SystemClock as S\nS()", 1),
    (habits.machine_clocks, DOOR, "from batuta.core.clock import machine_time\nf(machine_time)", 1),
    (habits.machine_clocks, DOOR, "from batuta.core.clock import FixedClock as S\nS(m)", 0),
    (habits.machine_clocks, PLAIN, "from batuta.core.clock import SystemClock\nSystemClock()", 0),
    (habits.chance, PLAIN, "import random\ndef f(): return random.random()", 1),
    (habits.chance, PLAIN, "from uuid import uuid4\ndef f(): return uuid4()", 1),
    (habits.chance, PLAIN, "import secrets, os\ndef f(): secrets.token_hex(), os.urandom(1)", 2),
    (habits.chance, PLAIN, "import random, uuid\ndef f(s): random.Random(s), uuid.UUID(s)", 0),
    (habits.chance, "src/batuta/core/ids.py", "import os\nos.urandom(1)", 0),
    (habits.environment, PLAIN, "import os\ndef f(): return os.environ['A']", 1),
    (habits.environment, PLAIN, "from os import getenv as g\ndef f(): return g('A')", 1),
    (habits.environment, PLAIN, "import os\ndef f(): return os.path.sep", 0),
    (habits.environment, "src/batuta/settings.py", "import os\nos.environ['A']", 0),
    (habits.broad_excepts, PLAIN, "try: f()\nexcept Exception: pass", 1),
    (habits.broad_excepts, PLAIN, "try: f()\nexcept (ValueError, BaseException): pass", 1),
    (habits.broad_excepts, PLAIN, "try: f()\nexcept: pass", 1),
    (habits.broad_excepts, PLAIN, "with contextlib.suppress(Exception): f()", 1),
    (habits.broad_excepts, PLAIN, "try: f()\nexcept BaseException:\n    g()\n    raise", 0),
    (habits.broad_excepts, PLAIN, "try: f()\nexcept ValueError: pass", 0),
    (habits.probes, PLAIN, "hasattr(x, 'stop')", 1),
    (habits.probes, PLAIN, "getattr(x, 'stop', None)", 1),
    (habits.probes, PLAIN, "getattr(x, name)", 0),
    (habits.suppressions, PLAIN, "def f(): ...  # noqa: PLR0913", 1),
    (habits.suppressions, PLAIN, "def f(): ...  # noqa: D103, C901", 1),
    (habits.suppressions, PLAIN, "def f(): ...  # noqa", 1),
    (habits.suppressions, PLAIN, "def f(): ...  # noqa the rest", 1),
    (habits.suppressions, PLAIN, "x = 1  # type: ignore[misc]", 1),
    (habits.suppressions, PLAIN, "x = 1  # pyright: ignore", 1),
    (habits.suppressions, PLAIN, "# pyright: basic", 1),
    (habits.suppressions, PLAIN, "# ruff: noqa: D100", 1),
    (habits.suppressions, PLAIN, "x = 1  # pyright: ignore[reportAny]", 0),
    (habits.suppressions, PLAIN, "x = '# noqa: C901'  # noqa: S105 - not a password", 0),
    (habits.work_at_import, PLAIN, "load()", 1),
    (habits.work_at_import, PLAIN, "DATA = open('x').read()", 2),
    (habits.work_at_import, PLAIN, "class C:\n    table = build()", 1),
    (habits.work_at_import, PLAIN, "TABLE = {k: work(k) for k in (1, 2)}", 1),
    (habits.work_at_import, PLAIN, "for i in (1, 2): X[i] = i", 1),
    (habits.work_at_import, PLAIN, "try:\n    go()\nexcept ImportError: ...", 1),
    (habits.work_at_import, PLAIN, "import re\nX = re.compile('a')\nY = Thing(frozenset())", 0),
    (habits.work_at_import, PLAIN, "def f():\n    return Thing()\nX = f()", 0),
    (habits.work_at_import, PLAIN, "def f():\n    return load()\nX = f()", 1),
    (habits.work_at_import, PLAIN, "def f():\n    go()\n    return Thing()\nX = f()", 1),
    (habits.work_at_import, PLAIN, "X = lambda: go()\nY = 'a b'.split()", 0),
    (habits.work_at_import, PLAIN, "if __name__ == '__main__':\n    go()", 0),
    (habits.work_at_import, PLAIN, "@dataclass(frozen=True)\nclass C:\n    x: int = field()", 0),
    (letters.style_letters, PLAIN, "_MANAGED = 'h'\n_WITH_SDK = frozenset('efg')", 2),
    (letters.style_letters, PLAIN, "EXTRAS: dict = {'agents': ('efg', 'agents')}", 1),
    (letters.style_letters, PLAIN, "def f(app):\n    if app.style == 'h': g()", 1),
    (letters.style_letters, PLAIN, "def f(key):\n    return key in 'abc' or key == 'g'", 1),
    (letters.style_letters, PLAIN, "def f(s):\n    return s.styles['d'], s.find_style(\n'e')", 2),
    (letters.style_letters, PLAIN, "def f(w):\n    return w(style='c')", 1),
    (letters.style_letters, PLAIN, "def f(s):\n    match s:\n        case 'h': g()", 1),
    (letters.style_letters, PLAIN, "def f(x, kind): return f'{x:g}', kind == 'f', m['h']", 0),
    (letters.style_letters, PLAIN, "MODE = 'ba'\nTEXT = 'bad'\ndef f(p): p.open('ab')", 0),
    (letters.style_letters, "src/batuta/styles/sample.py", "KEY = 'h'", 0),
    (letters.style_letters, "src/batuta/cli/sample.py", "KEY = 'h'", 0),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "code", "number"), SAMPLES)
def test_rule_catches_its_offender_only(rule: Rule, path: str, code: str, number: int) -> None:
    found = list(rule([Source(path, code)]))

    assert sum(f.number for f in found) == number
    assert {f.rule for f in found} <= RULES[rule][0]


def test_folder_of_a_pattern_is_counted_whole() -> None:
    folder = "src/batuta/compose/sample"
    parts = [Source(f"{folder}/{name}.py", lines(101)) for name in ("__init__", "one", "two")]

    (found,) = sizes.folder_lines([*parts, Source(f"{folder}s/__init__.py", lines(101))])

    assert (found.place, found.number) == (f"{folder}::<folder>", 303)


def test_every_rule_has_an_offender_and_an_innocent() -> None:
    for rule, name in NAMES.items():
        numbers = [number for r, _, _, number in SAMPLES if r is rule]
        assert any(numbers), f"{name} has no offending sample"
        assert 0 in numbers, f"{name} has no innocent sample"


def test_finding_names_the_innermost_function() -> None:
    code = "class C:\n    def f(self):\n        def g():\n            print(1)\n"

    (found,) = habits.prints([Source(PLAIN, code)])

    assert found.place == f"{PLAIN}::C.f.g"


GROWN = [Finding("statements", "src/a.py::f", 35, 1)]


@pytest.mark.parametrize(
    ("findings", "exempt", "expected"),
    [
        (GROWN, None, "none exempt"),
        (GROWN, 34, "34 exempt"),
        (GROWN, 35, None),
        (GROWN, 36, "lower the number"),
        ([], 35, "remove the entry"),
        ([], None, None),
    ],
)
def test_exceptions_only_fall(
    findings: list[Finding], exempt: int | None, expected: str | None
) -> None:
    listed = [] if exempt is None else [Exemption("src/a.py::f", "statements", exempt, "why")]

    said = complaints(findings, listed, {"statements"})

    assert len(said) == (expected is not None)
    assert expected is None or expected in said[0]


def test_every_exception_is_known_and_has_a_reason() -> None:
    rules = {name for reports, _ in RULES.values() for name in reports}.union(INVENTORY)
    for entry in EXCEPTIONS:
        assert entry.rule in rules, f"{entry.place}: no rule {entry.rule}"
        assert len(entry.reason.split()) > 3, f"{entry.place}: say why"
    keys = [(e.place, e.rule) for e in EXCEPTIONS]
    assert len(keys) == len(set(keys))


def test_linter_has_the_same_limits_and_no_list_of_its_own() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    for name, limit in sizes.LIMITS.items():
        group, option = name.split(".")
        assert lint[group][option] == limit, f"{name} in pyproject.toml is not {limit}"

    listed = {(e.place.split("::")[0], e.rule) for e in EXCEPTIONS}
    for path, codes in lint["per-file-ignores"].items():
        if not path.startswith("tests"):
            loose = {sizes.MEASURED[c] for c in codes if c in sizes.MEASURED}
            for rule in loose:
                assert (path, rule) in listed, f"{path} ignores {rule}: add it to exceptions.py"
