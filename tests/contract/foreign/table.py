"""What each framework's agents keep as members, as ``docs/frameworks.md`` shows it.

``python -m tests.contract.foreign.table`` writes it there. Each mark is one that a test of
``test_loop_members.py`` asks for, in both directions.
"""

from __future__ import annotations

from pathlib import Path

from tests.contract.foreign import (
    ENDS_WITH_A_TOOLS_ERROR,
    HIDES_A_TOOLS_ERROR,
    NEVER_WAITS,
    TELLS_NOTHING_DENIED,
)
from tests.contract.loops import LOOPS

PAGE = Path(__file__).parents[3] / "docs" / "frameworks.md"
BEGIN, END = "<!-- members: written by tests.contract.foreign.table -->\n", "<!-- end -->\n"
_HEAD = (
    "| | model calls | a tool that is not permitted | a tool that raises | waits for a yes |",
    "|---|---|---|---|---|",
)


def table() -> str:
    """Give the table."""
    return "\n".join([*_HEAD, *(_row(name) for name in LOOPS)]) + "\n"


def _row(name: str) -> str:
    raises = "the agent ends" if name in ENDS_WITH_A_TOOLS_ERROR else "its model is told"
    if name in HIDES_A_TOOLS_ERROR:
        raises = "its model is told, the trace sees that text as a result"
    return " | ".join(
        (
            f"| [{name}](frameworks/{name}.md)",
            "on the run by `RunChatModel`, else reserved and counted"
            if name == "langgraph"
            else "on the run",
            "the run ends" if name in TELLS_NOTHING_DENIED else "its model is told",
            raises,
            "no" if name in NEVER_WAITS else "yes",
            "",
        )
    ).rstrip()


def written(page: str) -> str:
    """Give the page with the table in its place."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
