"""Whatever is added to the house comes with its case, its tests, its page and its name."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import batuta
from batuta.models.vendors import PROVIDERS, Provider
from batuta.settings.tables import vendor_variables
from batuta.telemetry.prices import default_prices
from tests.contract.table import keys_of, keys_with_case, rooms_and_names
from tests.contract.test_agents import CASES
from tests.contract.trees import KINDS as TREES
from tests.shape.exceptions import EXCEPTIONS
from tests.shape.inventory import (
    RULES,
    Facts,
    Protocol,
    VendorFacts,
    implementations,
    missing_of,
    missing_of_door,
    missing_of_provider,
    untried,
)
from tests.shape.patterns import KINDS, name_of, patterns
from tests.shape.sources import ROOT, Finding, Source, sources
from tests.shape.verdict import complaints
from tests.unit.models.vendors.wires import LOCAL, VENDORS

PATTERNS = [(room, source) for room in KINDS for source in patterns(sources("src"), room)]
FACTS = Facts(
    root=ROOT,
    keys={(room, name_of(source)): keys_of(room, name_of(source)) for room, source in PATTERNS},
    wanted=keys_with_case(),
    cases=CASES,
    trees=TREES,
    public=batuta.__all__,
)


@pytest.mark.parametrize(
    ("room", "source"), PATTERNS, ids=[name_of(source) for _, source in PATTERNS]
)
def test_pattern_is_whole(room: str, source: Source) -> None:
    said = missing_of(source, room, FACTS)

    assert not said, "\n" + "\n".join(said)


def test_every_entry_of_the_table_is_a_pattern() -> None:
    assert set(rooms_and_names()) == {(room, name_of(source)) for room, source in PATTERNS}


PROTOCOLS = (
    Protocol(
        name="AgentLoop",
        home="parts/loop.py",
        rooms=("frameworks",),
        suites=("contract/loops.py",),
        unit_tests=False,
    ),
    Protocol(
        name="Runtime",
        home="core/runtime.py",
        rooms=("runtimes",),
        suites=("contract/hosts.py", "contract/durable_hosts.py"),
    ),
    Protocol(
        name="Model",
        home="core/model.py",
        rooms=("models", "offline", "testing"),
        suites=(
            "contract/test_models.py",
            "contract/test_vendor_models.py",
            "contract/test_local_models.py",
            "unit/testing/test_faulty.py",
            "unit/testing/test_recorded.py",
        ),
    ),
    Protocol(
        name="SessionStore",
        home="core/session.py",
        rooms=("storage",),
        suites=("contract/test_session_stores.py",),
        opener="wiring/storage.py",
    ),
    Protocol(
        name="RunStore",
        home="core/record.py",
        rooms=("storage",),
        suites=("contract/test_run_stores.py",),
        opener="wiring/storage.py",
    ),
    Protocol(
        name="DocumentStore",
        home="parts/retrieval.py",
        rooms=("storage",),
        suites=("contract/test_document_stores.py",),
    ),
    Protocol(
        name="BookingStore",
        home="tennis/bookings.py",
        rooms=("storage", "tennis"),
        suites=("contract/test_booking_stores.py",),
        opener="wiring/storage.py",
    ),
)
PAGES = [page.read_text() for page in (ROOT / "docs").rglob("*.md")]


def test_every_implementation_is_tried_and_told_of() -> None:
    every = sources("src", "tests")
    found = [finding for protocol in PROTOCOLS for finding in untried(every, protocol, PAGES)]

    said = complaints(found, EXCEPTIONS, RULES)

    assert not said, "\n" + "\n".join(said)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_every_protocol_has_implementations(protocol: Protocol) -> None:
    assert implementations(sources("src"), protocol)


MODELS = [vendor.model for vendor in (*VENDORS, LOCAL)]
VENDOR_FACTS = VendorFacts(
    page=(ROOT / "docs" / "models.md").read_text(),
    extras=tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"],
    variables=vendor_variables(),
    wires={name.partition(":")[0] for name in MODELS},
    priced={name.partition(":")[0] for name in MODELS if default_prices().price(name)},
)


@pytest.mark.parametrize("name", PROVIDERS)
def test_provider_is_whole(name: str) -> None:
    said = missing_of_provider(name, PROVIDERS[name], VENDOR_FACTS)

    assert not said, "\n" + "\n".join(said)


def test_each_missing_thing_of_a_new_provider_is_told_by_its_name() -> None:
    nothing = VendorFacts(page="", extras=(), variables=(), wires=(), priced=())
    new = Provider("acme", ("acme",), "ACME_API_KEY", "ACME_BASE_URL", "acme", "Acme Chat")

    assert missing_of_provider("acme", new, nothing) == [
        "acme: no line in docs/models.md",
        "acme: no extra acme in pyproject.toml",
        "acme: no ACME_BASE_URL in settings/tables.py",
        "acme: no example in VENDORS of tests/unit/models/vendors/wires.py",
        "acme: no price in telemetry/prices.py",
    ]


DOORS = sorted(path.parent.name for path in (ROOT / "src/batuta/serve").glob("*/__init__.py"))


@pytest.mark.parametrize("name", DOORS)
def test_door_is_whole(name: str) -> None:
    said = missing_of_door(name, ROOT)

    assert not said, "\n" + "\n".join(said)


def test_each_missing_thing_of_a_new_door_is_told_by_its_name(tmp_path: Path) -> None:
    assert len(DOORS) >= 2
    assert missing_of_door("letters", tmp_path) == [
        "letters: no test in tests/unit/serve/letters",
        "letters: no page docs/doors/letters.md",
        "letters: no link to docs/doors/letters.md in README.md",
    ]


NEW = """
class Bidding:
    async def execute(self): ...
class _Hidden:
    async def execute(self): ...
class Offer: ...
"""
NOTHING = Facts(root=Path("/nowhere"), keys={}, wanted=(), cases=(), trees=(), public=())


def test_each_missing_thing_of_a_new_pattern_is_told_by_its_name() -> None:
    new = Source("src/batuta/compose/bidding.py", NEW)

    assert missing_of(new, "compose", NOTHING) == [
        "bidding: no entry with page compose/bidding.md in the table of patterns",
        "bidding: no case 'bidding' in CASES of tests/contract/test_agents.py",
        "bidding: no kind 'bidding' in KINDS of tests/contract/trees.py",
        "bidding: class Bidding is not offered by batuta/__init__.py",
        "bidding: no test in tests/unit/compose/test_bidding.py",
        "bidding: no page docs/compose/bidding.md",
    ]


def test_a_whole_pattern_lacks_nothing(tmp_path: Path) -> None:
    files = {
        "tests/unit/compose/test_bidding.py": "def test_it(): ...",
        "docs/compose/bidding.md": "# Bidding",
        "docs/compose/README.md": "[Bidding](bidding.md)",
        "README.md": "[bidding](docs/compose/bidding.md)",
    }
    facts = Facts(
        root=tmp_path,
        keys={("compose", "bidding"): ("bidding",)},
        wanted=("bidding",),
        cases=("bidding",),
        trees=("bidding",),
        public=("Bidding",),
    )
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    folder = Source("src/batuta/compose/bidding/__init__.py", NEW)

    assert missing_of(folder, "compose", facts) == []
    (tmp_path / "README.md").write_text("")
    (tmp_path / "tests/unit/compose/test_bidding.py").write_text("x = 1")
    assert missing_of(folder, "compose", replace(facts, cases=())) == [
        "bidding: no case 'bidding' in CASES of tests/contract/test_agents.py",
        "bidding: no test in tests/unit/compose/test_bidding.py",
        "bidding: no link to docs/compose/bidding.md in README.md",
    ]


STORES = Protocol(
    name="Store", home="core/store.py", rooms=("storage",), suites=("contract/test_stores.py",),
    opener="wiring/opener.py",
)  # fmt: skip


def test_an_implementation_that_nobody_tries_is_caught() -> None:
    protocol = "class Store(Protocol):\n    async def load(self): ...\n    def name(self): ...\n"
    ours = (
        "class Part(ABC):\n    async def load(self): ...\n"
        "class Full:\n    async def load(self): ...\n"
        "class Heir(Full): ...\n"
        "class Other:\n    def load(self): ...\n"
    )
    every = [
        Source("src/batuta/core/store.py", protocol),
        Source("src/batuta/storage/new.py", ours),
        Source("tests/contract/test_stores.py", "from new import Full, Heir\nHeir()\n"),
        Source("tests/unit/storage/test_new.py", "Full()\nHeir()\n"),
        Source("src/batuta/wiring/opener.py", "from new import Full, Heir\nFull()\n"),
    ]

    assert untried(every, STORES, ["A `Full` one, and Heir."]) == [
        Finding("contract-case", "src/batuta/storage/new.py::Full", 1, 1),
        Finding("opened", "src/batuta/storage/new.py::Heir", 1, 1),
    ]
    assert [f.rule for f in untried(every[:2], STORES, [])] == [*RULES, *RULES]
