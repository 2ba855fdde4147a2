"""Measures what is asserted of the patterns, and writes docs/evidence.md and docs/deciding.md.

make evidence ARGS="--only studies"
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from batuta.lab.measures import cells
from batuta.lab.results import Comparison, comparison_text, read_comparison
from batuta.settings import environment_with
from bench.evidence import (
    cache,
    claims,
    code_lines,
    deciding,
    loops,
    shapes,
    shipping,
    styles,
    survival,
    topologies,
    trials,
    weak,
)
from bench.evidence.finding import Finding, Study
from bench.evidence.page import page, rows_json

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "bench" / "out" / "evidence"
SHIPPED = ROOT / "src" / "batuta" / "lab" / "measured"
OF_WEAK = Path(__file__).parent / "weak.json"
"""What the last hour with a weak model has shown: it is not measured anew each time."""
PARTS = ("styles", "loops", "faults", "studies", "claims", "weak")
SLOW = ("weak",)
"""An hour on two cores; measured when named."""
WEAK = "local:smollm2"
PATIENT = {"BATUTA_RUN_SECONDS": "1200", "BATUTA_MODEL_SECONDS": "900"}
"""So that no conversation of a model on this machine's processor ends for its slowness."""
FAULTS = "none,process-kill,tool-half-done,store-locked"
SOME = "tomorrow at three,a named court,no day,one court is taken,another time,only looking"
FEW = "tomorrow at three,a date in words,no time,opening hours,only looking,explicitly not"
LOOPS = "openai-agents,langgraph,pydantic-ai,agent-framework"


def measure(part: str, data: Path | None) -> None:
    """Measure one part and keep it."""
    if part == "styles":
        compared("styles", "--styles", "a..h,front-desk", "--repeat", "3")
    elif part == "loops":
        compared("loops", "--styles", "e", "--frameworks", LOOPS, "--repeat", "1")
    elif part == "faults":
        words = ("--styles", "c,f,g", "--only", SOME, "--faults", FAULTS, "--repeat", "5")
        compared("faults", *words)
    elif part == "weak":
        words = ("--models", WEAK, "--styles", "a,b,d,e,f", "--only", FEW, "--repeat", "1")
        compared("weak", *words, "--jobs", "1", **PATIENT)
        keep_weak(read_comparison(KEPT / "weak" / "report.json"))
    elif part == "studies":
        keep_studies(*asyncio.run(measured_studies()))
    else:
        subprocess.run(  # noqa: S603 - words of our own
            [sys.executable, "-m", "bench.claims", *(["--data", str(data)] if data else [])],
            check=True,
            cwd=ROOT,
        )


def compared(name: str, *words: str, **variables: str) -> None:
    """Run ``batuta compare`` and keep its report."""
    command = [sys.executable, "-m", "batuta", "compare", "--out", str(KEPT / name), *words]
    subprocess.run(  # noqa: S603 - words of our own
        command,
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env=environment_with(**variables),
    )


async def measured_studies() -> tuple[list[Study], list[Finding]]:
    """Measure what needs no comparison."""
    lines, of_lines = code_lines.study()
    trees, of_trees = await shapes.study()
    made = [await topologies.study(), await cache.study(), lines, trees]
    return made, [*of_lines, *of_trees, *await trials.findings(), *await shipping.findings()]


def keep_studies(made: Sequence[Study], found: Sequence[Finding]) -> None:
    """Keep studies, so that the page can be written without them being made again."""
    KEPT.mkdir(parents=True, exist_ok=True)
    told = {"studies": [asdict(e) for e in made], "findings": [asdict(e) for e in found]}
    (KEPT / "studies.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def keep_weak(comparison: Comparison) -> None:
    """Keep what a weak model has shown, until it is measured again."""
    told = [asdict(each) for each in weak.findings(comparison)]
    OF_WEAK.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def kept_studies() -> tuple[list[Study], list[Finding]]:
    """Read the studies that are kept."""
    path = KEPT / "studies.json"
    if not path.exists():
        return [], []
    told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return [Study(**e) for e in told["studies"]], [Finding(**e) for e in told["findings"]]


def kept_comparison(name: str) -> Comparison | None:
    """Read a comparison that is kept."""
    path = KEPT / name / "report.json"
    return read_comparison(path) if path.exists() else None


def write() -> None:
    """Write both pages and what the package ships, of all that is kept."""
    made, found = kept_studies()
    on: Mapping[str, str] = {}
    if (of_styles := kept_comparison("styles")) is not None:
        found += styles.findings(of_styles)
        on = of_styles.measured_on
        shares = {e.subject.style: e.deciders for e in cells(of_styles)}
        (SHIPPED / "spectrum.json").write_text(json.dumps(shares, indent=1) + "\n", "utf-8")
        (SHIPPED / "tennis.json").write_text(comparison_text(brief(of_styles)), encoding="utf-8")
    if (of_loops := kept_comparison("loops")) is not None:
        found += loops.findings(of_loops)
    if (of_faults := kept_comparison("faults")) is not None:
        found += survival.findings(of_faults)
        made.append(survival.study(of_faults))
    found += [Finding(**each) for each in json.loads(OF_WEAK.read_text(encoding="utf-8"))]
    found += claims.findings(claims.PAGE.read_text(encoding="utf-8"))
    (ROOT / "docs" / "evidence.md").write_text(page(found, made, on), encoding="utf-8")
    (SHIPPED / "evidence.json").write_text(rows_json(found), encoding="utf-8")
    deciding.write(ROOT / "docs")


def brief(comparison: Comparison) -> Comparison:
    """Keep what advice tells of: one repeat, without paths and states."""
    first: dict[tuple[Any, str], int] = {}
    kept = [
        replace(each, path=(), outcome="")
        for each in comparison.samples
        if first.setdefault((each.subject, each.scenario), each.seed) == each.seed
    ]
    return replace(comparison, repeat=1, samples=tuple(kept))


def main() -> None:
    """Read the arguments, measure, write."""
    parser = argparse.ArgumentParser(prog="make evidence", description="Measure the assertions.")
    parser.add_argument("--only", nargs="*", choices=PARTS, help="measure these anew, or none")
    parser.add_argument("--data", type=Path, help="folder with datetime_en.jsonl, for the router")
    chosen = parser.parse_args()
    usual = [each for each in PARTS if each not in SLOW]
    for part in usual if chosen.only is None else chosen.only:
        print(f"measuring {part}", flush=True)
        measure(part, chosen.data)
    write()


if __name__ == "__main__":
    main()
