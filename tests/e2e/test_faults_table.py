"""What each style does under each fault is what ``docs/faults.md`` says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batuta.core.record import RunRecord
from batuta.testing.faulty import Fault, Inject
from tests.e2e.faults import NEXT_WANTED, NEXT_WISH, STYLES, WANTED, WISH, Member, member, retries

pytestmark = pytest.mark.e2e
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
OFTEN = {"Once": 1, "Again and again": None}
_WORDS = 5
_UNFIT = re.compile(r"Traceback|Error\(|object at 0x|\{'|<class")


def _table(heading: str) -> dict[tuple[str, str], str]:
    """Read a table of the page: fault and style to the cell."""
    text = PAGE.read_text().partition(f"### {heading}\n")[2].strip()
    rows = re.findall(r"^\|(.+)\|$", text.partition("\n\n")[0], re.MULTILINE)
    head, _, *body = [[cell.strip() for cell in row.split("|")] for row in rows]
    styles = [name.lower() for name in head[1:]]
    cells = {row[0]: row[1:] for row in body}
    return {(f, s): cell for f, row in cells.items() for s, cell in zip(styles, row, strict=True)}


CASES = [(often, *at, cell) for often in OFTEN for at, cell in _table(often).items()]


def test_the_page_has_every_fault_under_every_style() -> None:
    for heading in OFTEN:
        assert set(_table(heading)) == {(f.value, s) for f in Fault for s in STYLES}


@pytest.mark.parametrize(
    ("often", "fault", "style", "cell"), CASES, ids=[f"{c[2]}-{c[1]}-{c[0]}" for c in CASES]
)
async def test_a_style_under_a_fault_does_what_the_page_says(
    tmp_path: Path, often: str, fault: str, style: str, cell: str
) -> None:
    inject = Inject(fault=Fault(fault), rate=1, most=OFTEN[often])
    async with member(style, tmp_path, inject) as ana:
        await ana.says("Hello")

        record = await ana.says(WISH, faults=True)

        booked = await ana.booked()
        assert _outcome(ana, record, booked) == cell
        assert booked in ([], [WANTED])
        assert record.text.strip()
        assert not _UNFIT.search(record.text)
        assert await ana.is_on_record(record)
        assert ana.held == 0
        await ana.says(NEXT_WISH)
        assert await ana.booked() == [*booked, NEXT_WANTED]


def _outcome(ana: Member, record: RunRecord, booked: list[str]) -> str:
    """Say what happened in the words of the page."""
    tries = retries(record) + 1
    if not ana.faulty.injected:
        return "–"
    if record.error is not None:
        return f"`{record.error['code']}`" + (f" after {tries} tries" if tries > 1 else "")
    if booked:
        return "tries again, books" if tries > 1 else "mends, books"
    opening = " ".join(record.text.split()[:_WORDS])
    return f"“{opening}”" if opening.endswith(".") else f"“{opening}…”"
