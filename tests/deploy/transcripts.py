"""What a conversation through gateway, zip and table looked like; run as a script, writes the page.

``python -m tests.deploy.transcripts`` talks to each style anew. The tests talk to them too, and
compare what they see with the page; sums and sizes of zips alone are not compared.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batuta.packaging import Package
from batuta.styles import find_style
from tests.deploy.local_aws import HttpApi
from tests.deploy.terraform import STYLES

PAGE = Path(__file__).parents[2] / "docs" / "doors" / "lambda_transcripts.md"
WANTED = "WRITE_TRANSCRIPTS_TO"
"""Names the folder where the tests leave what they saw, for the page."""

_SECTIONS = "\n## "
_LONGEST = 200
_IDS = re.compile(r"\b(BK-|ses_)[0-9A-Za-z-]{11,}\b")
_OPENING = """# Lambda transcripts

Each style's conversation through a gateway that follows Terraform's state, the style's own zip
unpacked alone under AWS's runtime client, and the table. **The models are the offline stand-in, and
AWS's services (API Gateway, Lambda, DynamoDB, Secrets Manager, Bedrock's agents) are stand-ins on
loopback.** [deploy/README.md](../../deploy/README.md) says what that leaves unproven.

`python -m tests.deploy.transcripts` writes this page. Replies, which functions were called, what
they asked of AWS and what stands in the table at the end are compared with each run of
`tests/deploy/test_gateway.py`. Ids are numbered in the order in which they come up.

A function that hosts an agent also looks once a second whether anybody still waits for its answer
(`GetItem`): how often depends on the machine, so it is left out.

| zip | styles | MB | sha256 |
|---|---|---|---|
"""


@dataclass
class Talk:
    """A conversation through an API, and what was said.

    Args:
        who: Asks, as far as the API's authoriser knows.
    """

    api: HttpApi
    who: str
    lines: list[str] = field(default_factory=list[str])

    def health(self) -> None:
        """Ask whether it is there, as anybody may."""
        status, said = self.api.request("GET", "/health")
        kept = {name: value for name, value in said.items() if name != "version"}
        self._tell("GET /health", status, json.dumps(kept))

    def say(self, text: str, *, key: str = "", **more: Any) -> Mapping[str, Any]:
        """Say something, and see that it is answered."""
        body = {"message": text, **more}
        status, said = self.api.request("POST", "/chat", body, who=self.who, key=key)
        assert status == 200, said
        sent = f"POST /chat  idempotency-key: {key}" if key else "POST /chat"
        kept = f"({len(text):,} random characters)" if len(text) > _LONGEST else text
        shown = json.dumps({**body, "message": kept}, ensure_ascii=False)
        self._tell(f"{sent}\n{shown}", status, said["reply"])
        return said

    def _tell(self, sent: str, status: int, reply: str) -> None:
        self.lines += [*sent.splitlines(), f"{status} {reply}", ""]

    def section(self, style: str, bookings: Sequence[Mapping[str, str]]) -> str:
        """Write what was said and done.

        Args:
            bookings: Items of the table.
        """
        invoked = Counter(self.api.aws.invoked)
        asked = {name: Counter[str]() for name in sorted(self.api.aws.pools)}
        for call in self.api.aws.calls:
            if call.who in asked and not self._looks(call.who, call.operation):
                asked[call.who][call.operation] += 1
        parts = [f"## {style.upper()}: {find_style(style).name}", "", "```text", *self.lines[:-1]]
        parts += ["```", "", "| function | called | asked of AWS |", "|---|---|---|"]
        parts += [
            f"| `{name}` | {times} | {_counted(asked[name.partition(':')[0]])} |"
            for name, times in sorted(invoked.items())
        ]
        parts += ["", "| booking | member | court and time |", "|---|---|---|"]
        parts += [
            f"| {item['booking_id']} | {item['member_id']} | {item['slot_id']} |"
            for item in sorted(bookings, key=lambda item: item["slot_id"])
        ]
        return _numbered("\n".join(parts) + "\n")

    def _looks(self, who: str, operation: str) -> bool:
        return operation == "GetItem" and who in self.api.aws.looking


def shown(style: str) -> str:
    """Give a style's section of the page; empty where it has none."""
    _, *found = PAGE.read_text("utf-8").split(_SECTIONS)
    begin = f"{style.upper()}: "
    return "".join(f"## {text.rstrip()}\n" for text in found if text.startswith(begin))


def noted(style: str, section: str, package: Package) -> bool:
    """Leave what was seen for the page, where that is wanted."""
    folder = os.environ.get(WANTED)
    if folder:
        told = {"section": section, "sha256": package.sha256, "bytes": package.zipped}
        Path(folder, style).write_text(json.dumps({**told, "extras": package.extras}))
    return bool(folder)


def written(told: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the page from what was seen of each style."""
    zips: dict[str, list[str]] = {}
    for style, each in sorted(told.items()):
        row = f"{each['bytes'] / 1e6:.1f} | `{each['sha256']}`"
        zips.setdefault(f"{', '.join(each['extras'])} | {{}} | {row}", []).append(style.upper())
    rows = [f"| {row.format(', '.join(styles))} |\n" for row, styles in zips.items()]
    runs = f"{sys.version_info.major}.{sys.version_info.minor}"
    note = f"\nBuilt for this machine's Python {runs}; any change of the code changes the sums.\n"
    shown = [f"\n{each['section']}" for _, each in sorted(told.items())]
    return _OPENING + "".join([*rows, note, *shown])


def _counted(asked: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(asked.items())) or "nothing"


def _numbered(text: str) -> str:
    """Name ids by the order in which they come up."""
    seen: dict[str, dict[str, str]] = {}

    def name(found: re.Match[str]) -> str:
        kind = seen.setdefault(found[1], {})
        return kind.setdefault(found[0], f"{found[1]}{len(kind) + 1}")

    return _IDS.sub(name, text)


def _seen() -> Iterator[tuple[str, Mapping[str, Any]]]:
    with tempfile.TemporaryDirectory(prefix="transcripts-") as folder:
        words = ["-q", "-k", "that_is_shown", "tests/deploy/test_gateway.py"]
        subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=PAGE.parents[2],
            check=True,
            env={**os.environ, WANTED: folder},
        )
        for file in sorted(Path(folder).iterdir()):
            yield file.name, json.loads(file.read_text())


if __name__ == "__main__":
    told = dict(_seen())
    if tuple(told) != STYLES:
        sys.exit("Tests were skipped, the page stays as it was: see why above.")
    PAGE.write_text(written(told), "utf-8")
