"""Batuta beside its peers and two floors, in one run: ``make bench-peers``.

A round measures every program once, one after the other, in the other direction each time, so
that all see the same machine; what counts are the ratios inside a round, and of those the median.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.peers.environments import cache_folder, environment, surroundings
from bench.peers.programs import BARE, OURS, PEERS, PROGRAMS, TYPED, Program
from bench.peers.rows import ROWS, Row, Verdict, median_of, verdict

FLOORS = (BARE, TYPED, OURS)
LONGEST_S = 900
ANSWER = """\
import asyncio
from bench.peers.loading import load, run_of
async def answer():
    return await (await run_of(load({file!r}).agent))()
import os
said = asyncio.run(answer())
os._exit(said != {wanted!r})
"""


def words() -> argparse.Namespace:
    """Read the command line."""
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of fewer at once")
    parser.add_argument("--rounds", type=int, help="rounds (5; 1 when quick)")
    parser.add_argument(
        "--only", help=f"peers, such as agno,strands; 'none' for the floors: {names}"
    )
    parser.add_argument("--rows", help=f"rows, of {', '.join(row.key for row in ROWS)}")
    parser.add_argument("--python", default=sys.executable, help="Python of the environments")
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="their folder")
    parser.add_argument("--json", type=Path, help="write every round's figures there")
    given = parser.parse_args()
    given.programs = _picked(given.only, PROGRAMS, parser)
    keys = given.rows.split(",") if given.rows else [row.key for row in ROWS]
    given.rows = [row for row in ROWS if row.key in keys]
    if len(given.rows) != len(keys):
        parser.error(f"--rows takes some of {', '.join(row.key for row in ROWS)}")
    given.rounds = given.rounds or (1 if given.quick else 5)
    return given


def _picked(
    only: str | None, programs: Sequence[Program], parser: argparse.ArgumentParser
) -> list[Program]:
    if only is None:
        return list(programs)
    names = [] if only == "none" else only.split(",")
    strange = [name for name in names if name not in {peer.name for peer in PEERS}]
    if strange:
        parser.error(f"no such peer: {', '.join(strange)}")
    return [one for one in programs if one.name in names or not one.peer]


def worked(program: Program, python: Path, mode: str, *, quick: bool) -> dict[str, Any]:
    """Let a program be measured in a process of its own."""
    command = [str(python), "-m", "bench.peers.worker", str(program.file), mode, str(int(quick))]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, check=False, capture_output=True, text=True, env=surroundings(),
            timeout=LONGEST_S, cwd=python.parent,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"all": f"no answer in {LONGEST_S} s"}
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return {"all": done.stderr.strip()[-300:]}


def started(program: Program, python: Path, *, quick: bool) -> dict[str, Any]:
    """Measure a fresh process: to what is imported, and to the first answer."""
    answer = ANSWER.format(file=str(program.file), wanted="Booked: ref 42")
    told: dict[str, Any] = {}
    for name, code in (("import", program.imports), ("answer", answer)):
        taken = [_cpu_ms(python, code) for _ in range(3 if quick else 6)]
        known = [each for each in taken[1:] if each is not None]  # the first one warms the disk
        told[name] = {"cpu_ms": statistics.median(known)} if known else "the process failed"
    return told


def _cpu_ms(python: Path, code: str) -> float | None:
    """Give the CPU milliseconds of a whole process; None where it failed."""
    with subprocess.Popen(  # noqa: S603 - our own words
        [str(python), "-c", code], env=surroundings(), cwd=python.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return None if status else (used.ru_utime + used.ru_stime) * 1e3


def one_round(
    given: argparse.Namespace, pythons: dict[str, Path], number: int, *, errors: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """Measure every program once."""
    programs: list[Program] = [one for one in given.programs if one.name in pythons]
    told: dict[str, dict[str, Any]] = {one.name: {} for one in programs}
    for mode in dict.fromkeys(row.source[0] for row in given.rows):
        for one in programs if number % 2 else reversed(programs):
            python = pythons[one.name]
            figures = (
                started(one, python, quick=given.quick)
                if mode == "start"
                else worked(one, python, mode, quick=given.quick)
            )
            for name, figure in figures.items():
                if isinstance(figure, str):
                    errors[f"{one.name}, {mode} {name}"] = figure
                else:
                    told[one.name][f"{mode}.{name}"] = figure
        print(f"round {number}, {mode}: done", file=sys.stderr)
    return told


def line(row: Verdict) -> str:
    """Write a row with its targets, and whether they are met."""
    aim = _number(row.row.most) if row.row.most else "-"
    times = f"{_number(row.times)} (aim {aim})"
    best = f"{_number(row.of_best)} (aim {_number(row.row.most_of_best)})"
    if row.row.most_itself:
        times = f"(aim {_number(row.row.most_itself)} {row.row.unit})"
    verdict_of = "MISSED" if row.missed else "met"
    return (
        f"{row.row.key:4} {row.row.what:33} {row.row.unit:8} {_number(row.typed):>8} "
        f"{_number(row.ours):>8} {times:>18} {best:>18} {row.best:16} {verdict_of}"
    )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def others(rows: Sequence[Row], rounds: Sequence[Any], programs: Sequence[Program]) -> str:
    """Write every program's medians."""
    names = [one.name for one in programs]
    lines = [f"{'':38}" + "".join(f"{name:>16}" for name in names)]
    for row in rows:
        told = "".join(f"{_number(median_of(row, rounds, name)):>16}" for name in names)
        lines.append(f"{row.key:4} {row.what:33}" + told)
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 1 where a target is missed or something of ours or the floors failed."""
    given = words()
    pythons: dict[str, Path] = {}
    errors: dict[str, str] = {}
    for one in given.programs:
        try:
            pythons[one.name] = environment(one, given.cache, given.python)
        except subprocess.CalledProcessError as error:
            errors[f"{one.name}, environment"] = str(error)
    rounds = [one_round(given, pythons, n + 1, errors=errors) for n in range(given.rounds)]
    peers = [one.name for one in given.programs if one.peer]
    rows = [verdict(row, rounds, peers) for row in given.rows]
    head = f"{'':38} {'':8} {'typed':>8} {'ours':>8} {'times typed':>18} {'of best peer':>18}"
    print(head, *map(line, rows), "", others(given.rows, rounds, given.programs), sep="\n")
    for where, error in errors.items():
        print(f"! {where}: {error}", file=sys.stderr)
    if given.json:
        given.json.write_text(json.dumps({"rounds": rounds, "errors": errors}, indent=1), "utf-8")
    broken = any(where.partition(",")[0] in {one.name for one in FLOORS} for where in errors)
    return int(broken or any(row.missed for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
