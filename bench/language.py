"""Measures the offline model's English on a folder of rows.

    python -m bench.language DATA_FOLDER [--style KEY] [--execution HOW] [--out FOLDER]

Reads whichever of datetime_en.jsonl, booking_utterances.jsonl and dialogues.jsonl are there; what
is played as a conversation goes through style D, or the one that is named.
Prints the figures and writes each prediction beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from batuta.core.message import Message
from batuta.core.model import ModelRequest, OutputSchema
from batuta.offline import OfflineModel
from bench.language_http import BY_DEFAULT, Through, converse

INSTRUCTIONS = "The assistant books tennis courts by the hour."
Row = Mapping[str, Any]
Verdict = tuple[Any, bool, str]
"""Prediction, whether it is right, and the group that it counts in."""


def _nullable(**spec: str) -> dict[str, Any]:
    return {"anyOf": [{"type": "string", **spec}, {"type": "null"}]}


INTAKE = OutputSchema(
    "intake",
    {
        "type": "object",
        "properties": {
            "date": _nullable(format="date", description="Day of play."),
            "time": _nullable(format="time", description="Start of play."),
            "time_from": _nullable(format="time", description="Start of a window of time."),
            "time_to": _nullable(format="time", description="End of a window of time."),
            "people": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "court": _nullable(description='Court wished for, as "B".'),
            "action": {
                "type": "string",
                "enum": "request check choose confirm reject restart cancel other".split(),
            },
            "choice": _nullable(description="The option picked."),
        },
        "required": ["date", "time", "time_from", "time_to", "action", "choice"],
    },
)
INTENTS = {"request": "book", "check": "check", "cancel": "cancel"}
KEYS = ("date", "time", "time_from", "time_to")


async def _extracted(text: str, reference: datetime) -> dict[str, Any]:
    now = f"Now: {reference:%Y-%m-%dT%H:%M} ({reference:%A}), time zone Europe/London"
    system = f"Read the member's last message into the fields. {INSTRUCTIONS}\n{now}"
    request = ModelRequest([Message.system(system), Message.user(text)], output=INTAKE)
    reply = await OfflineModel().reply(request)
    return dict(reply.output or {})


def _whens(output: Row) -> dict[str, str]:
    """Keep what is said of date and time; a window's start is no point in time."""
    said = {k: output[k] for k in KEYS if output.get(k)}
    if "time_from" in said:
        said.pop("time", None)
    return said


def _in_window(said: Row, row: Row) -> bool:
    window: list[str] = row.get("accept_window") or []
    times = [v for k, v in said.items() if k != "date"]
    if not window or not times or not row["accept"]:
        return False
    inside = all(window[0] <= t <= window[1] for t in times)
    return inside and said.get("date") == row["accept"][0].get("date")


async def judge_datetime(row: Row, through: Through = BY_DEFAULT) -> Verdict:
    """Read an expression; of the rows to reject, play the probe over HTTP and expect no booking."""
    reference = datetime.fromisoformat(row["reference"])
    if row["tier"] == "reject":
        bookings, answers = await converse([row["probe"]], reference, (), through=through)
        return {"bookings": bookings, "answers": answers}, not bookings, "reject"
    said = _whens(await _extracted(row["text"], reference))
    return said, said in row["accept"] or _in_window(said, row), row["tier"]


async def judge_utterance(row: Row, _: Through = BY_DEFAULT) -> Verdict:
    """Read an utterance: intent, date and time must all be right."""
    output = await _extracted(row["text"], datetime.fromisoformat(row["reference"]))
    intent = INTENTS.get(output["action"], "other")
    gold = {k: v for k, v in row["gold"].items() if k in KEYS}
    said = _whens(output)
    if not any(k.startswith("time") for k in gold):
        # "tonight" is a window to us, while these rows note clock times only
        said = {k: v for k, v in said.items() if k in ("date", "time")}
    intents = {row["gold"]["intent"], *row.get("intent_also_ok", ())}
    right = intent in intents and said in [gold, *row.get("accept", ())]
    return {"intent": intent, **said}, right, row["gold"]["intent"]


async def judge_dialogue(row: Row, through: Through = BY_DEFAULT) -> Verdict:
    """Play a dialogue over HTTP: afterwards exactly the wanted slot is booked, or none."""
    turns = [t["text"] for t in row["user_turns"]]
    bookings, answers = await converse(
        turns, datetime.fromisoformat(row["reference"]), row["taken"], through=through
    )
    goal = row["goal"]
    wanted = [{"date": goal["date"], "time": goal["time"]}] if goal["booked"] else []
    return {"bookings": bookings, "answers": answers}, bookings == wanted, row["kind"]


FILES: dict[str, Callable[[Row, Through], Awaitable[Verdict]]] = {
    "datetime_en.jsonl": judge_datetime,
    "booking_utterances.jsonl": judge_utterance,
    "dialogues.jsonl": judge_dialogue,
}


async def measure(path: Path, rows: Sequence[Row], through: Through) -> tuple[str, list[str]]:
    """Judge the rows of a file; give the figures as text, and a line for each prediction."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    lines: list[str] = []
    for row in rows:
        prediction, good, group = await FILES[path.name](row, through)
        total[group] += 1
        right[group] += good
        gold = row.get("accept") or row.get("gold") or row.get("goal")
        made = {"id": row["id"], "prediction": prediction, "right": good, "gold": gold}
        lines.append(json.dumps(made, ensure_ascii=False))
    groups = [f"  {g:10} {right[g]:4} of {n:4}  {right[g] / n:6.1%}" for g, n in total.items()]
    share = right.total() / max(total.total(), 1)
    head = f"{path.name}: {right.total()} of {total.total()}, {share:.1%}"
    return "\n".join([head, *groups]), lines


def main() -> None:
    """Read the arguments, measure each file that is there, print and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with the .jsonl files")
    parser.add_argument("--out", type=Path, default=Path("bench/out/language"))
    parser.add_argument("--style", default="d", help="key of the style that is talked to")
    parser.add_argument(
        "--execution", default="return_control", help="of style H: return_control or lambda"
    )
    chosen = parser.parse_args()
    through = Through(chosen.style, chosen.execution)
    out: Path = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    figures: list[str] = []
    for path in (chosen.data / name for name in FILES):
        if path.exists():
            text = path.read_text(encoding="utf-8")
            rows = [json.loads(line) for line in text.splitlines()]
            shown, lines = asyncio.run(measure(path, rows, through))
            figures.append(shown)
            (out / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / "figures.txt").write_text("\n".join(figures) + "\n", encoding="utf-8")
    print("\n".join(figures))


if __name__ == "__main__":
    main()
