"""A pattern, file or folder, opens with its five fixed parts and has one page in the docs."""

from __future__ import annotations

import pytest

from tests.shape.patterns import KINDS, lonely_parts, opening_faults, page_faults, patterns
from tests.shape.sources import ROOT, Source, sources

PATTERN = '''"""Two agents argue and a third decides.

**Decides:** the judge.
**Model calls:** 2 per round, 1 for the judge.
**Fails when:** both argue alike.
**Source:** a paper, 2024.
"""
'''


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_open_with_the_fixed_parts(kind: str) -> None:
    said = [fault for s in patterns(sources("src"), kind) for fault in opening_faults(s)]

    assert not said, "\n" + "\n".join(said)


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_and_pages_belong_together(kind: str) -> None:
    pages = [p.relative_to(ROOT).as_posix() for p in (ROOT / "docs" / kind).glob("*.md")]

    said = page_faults(sources("src"), pages, kind)

    assert not said, "\n" + "\n".join(said)


def test_what_one_pattern_uses_stands_with_it() -> None:
    said = lonely_parts(sources("src"))

    assert not said, "\n" + "\n".join(said)


def sample(text: str, name: str = "debate.py") -> Source:
    return Source(f"src/batuta/compose/{name}", text)


def test_complete_opening_passes() -> None:
    assert opening_faults(sample(PATTERN)) == []


@pytest.mark.parametrize(
    "broken",
    [
        "",
        PATTERN.replace("decides.\n\n", "decides\n\n"),
        PATTERN.replace("Two agents argue and a third decides.\n\n", ""),
        PATTERN.replace("**Decides:** the judge.\n", ""),
        PATTERN.replace("**Model calls:**", "Model calls:"),
        PATTERN.replace(" a paper, 2024.", ""),
        PATTERN.replace("**Decides:** the judge.\n", "").replace(
            '2024.\n"""', '2024.\n**Decides:** the judge.\n"""'
        ),
    ],
)
def test_broken_opening_is_caught(broken: str) -> None:
    assert opening_faults(sample(broken))


def test_missing_and_spare_pages_are_caught() -> None:
    folder = [sample(PATTERN, "swarm/__init__.py"), sample("", "swarm/turn_taking.py")]
    every = [sample(PATTERN), sample("", "__init__.py"), Source("src/batuta/core/run.py", "")]
    swarm = "docs/compose/swarm.md"

    assert page_faults(every, ["docs/compose/debate.md", "docs/compose/README.md"], "compose") == []
    assert page_faults(every, [], "compose") == ["docs/compose/debate.md is missing"]
    assert page_faults(folder, [swarm], "compose") == []
    assert page_faults(folder, [swarm, "docs/compose/swarm_services.md"], "compose") == []
    assert page_faults(folder, [swarm, "docs/compose/bees_services.md"], "compose") == [
        "docs/compose/bees_services.md belongs to no pattern"
    ]
    assert page_faults(folder, [], "compose") == [f"{swarm} is missing"]
    assert page_faults(every, ["docs/compose/debate.md", "docs/compose/old.md"], "compose") == [
        "docs/compose/old.md belongs to no pattern"
    ]


def test_part_of_one_pattern_is_caught_where_it_has_room() -> None:
    part = Source("src/batuta/parts/turns.py", "x = 1\n" * 200)
    swarm = sample("from batuta.parts.turns import x\n", "swarm/__init__.py")
    big = sample("x = 1\n" * 100, "swarm/rest.py")
    debate = sample("from batuta.parts.turns import x\n")

    assert lonely_parts([part]) == []
    assert lonely_parts([part, swarm, debate]) == []
    assert lonely_parts([part, swarm, Source("src/batuta/__init__.py", swarm.text)]) == []
    assert lonely_parts([part, swarm, big]) == []
    assert lonely_parts([part, swarm]) == [
        "src/batuta/parts/turns.py serves src/batuta/compose/swarm alone: it stands with it"
    ]
