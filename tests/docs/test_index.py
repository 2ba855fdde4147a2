"""Every page of documentation can be found from the list of pages."""

from __future__ import annotations

from tests.docs.pages import ROOT


def test_the_list_of_pages_has_every_page_and_every_room() -> None:
    docs = ROOT / "docs"
    listed = (docs / "README.md").read_text("utf-8")
    pages = {path.name for path in docs.glob("*.md")} - {"README.md"}
    rooms = {
        path.relative_to(docs).as_posix()
        for room in ("control", "doors", "runtimes")
        for path in (docs / room).glob("*.md")
    } - {"doors/lambda_transcripts.md"}  # told of by doors/lambda.md
    missing = [page for page in sorted(pages | rooms) if f"({page})" not in listed]
    assert missing == []
