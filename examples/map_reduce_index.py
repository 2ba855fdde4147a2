"""Make an index of the settings that this project's pages name: each page is a part.

Run it: ``python examples/map_reduce_index.py``; no key needed.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from batuta import FunctionAgent, MapReduce, Message, Run, run

DOCS = Path(__file__).parents[1] / "docs"
SETTING = re.compile(r"\bBATUTA_[A-Z][A-Z_]*[A-Z]\b")


def pages(message: Message) -> Sequence[Message]:
    """Make a part of each page below the folder that the message names."""
    folder = DOCS / message.text
    return [
        Message.user(page.read_text(), {"page": page.relative_to(DOCS).as_posix()})
        for page in sorted(folder.rglob("*.md"))
    ]


async def read(message: Message, run: Run) -> Message:
    """Find the settings that one page names, and how often."""
    del run
    found = SETTING.findall(message.text)
    counts = {name: found.count(name) for name in sorted(set(found))}
    page = (message.data or {})["page"]
    return Message.assistant(f"{page}: {len(counts)} settings", {"page": page, "counts": counts})


async def merge(message: Message, run: Run) -> Message:
    """Turn settings by page into pages by setting."""
    del run
    index: defaultdict[str, list[str]] = defaultdict(list)
    for answer in (message.data or {})["answers"]:
        for setting, times in answer["data"]["counts"].items():
            index[setting].append(f"{answer['data']['page']} ({times})")
    lines = [f"{setting}: {', '.join(where)}" for setting, where in sorted(index.items())]
    return Message.assistant("\n".join(lines) or "No page names a setting.", dict(index))


FLOW = MapReduce(
    name="settings-index",
    split=pages,
    mapper=FunctionAgent(name="read", answer=read),
    reducer=FunctionAgent(name="merge", answer=merge),
    limit=4,
    most_parts=1_000,
)

if __name__ == "__main__":
    record = asyncio.run(run(FLOW, "."))
    print(record.text)
    print(f"\n{record.answer().metadata['composition']['stop']}")
