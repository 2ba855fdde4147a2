"""Write a function until its tests pass: reflection with a critic that runs the code.

Run it: ``python examples/reflect_on_code.py``; no key needed: a stand-in for a model then gives
drafts that were written beforehand. With a model's key:
``BATUTA_MODEL=openai:gpt-5-mini python examples/reflect_on_code.py``.
"""

from __future__ import annotations

import ast
import asyncio
import os
import re
import signal
import sys
import tempfile
from pathlib import Path

from batuta import FunctionAgent, FunctionCalling, Message, Reflection, Run, run

CHILD = Path(__file__).with_name("run_one_test.py")
SECONDS = 10.0
MOST_SAID = 300
TASK = "Write a Python function roman(number) that gives the Roman numeral of 1 to 3999."
TESTS = """
def test_ones():
    assert roman(3) == "III"

def test_fives_and_tens():
    assert roman(17) == "XVII"

def test_four_and_nine():
    assert roman(4) == "IV", f"roman(4) gave {roman(4)!r}"
    assert roman(1999) == "MCMXCIX"

def test_nothing_below_one():
    try:
        roman(0)
    except ValueError:
        return
    raise AssertionError("roman(0) should raise ValueError")
"""
SIGNS = 'SIGNS = [(1000, "M"), (500, "D"), (100, "C"), (50, "L"), (10, "X"), (5, "V"), (1, "I")]'
LOOP = """
def roman(number):
    text = ""
    for value, sign in SIGNS:
        while number >= value:
            text, number = text + sign, number - value
    return text
"""
PAIRS = '\nSIGNS += [(900, "CM"), (400, "CD"), (90, "XC"), (40, "XL"), (9, "IX"), (4, "IV")]'
CHECK = '    if not 1 <= number <= 3999:\n        raise ValueError(number)\n    text = ""'
DRAFTS = (
    f"{SIGNS}\n{LOOP}",
    f"{SIGNS}{PAIRS}\nSIGNS.sort(reverse=True)\n{LOOP}",
    f"{SIGNS}{PAIRS}\nSIGNS.sort(reverse=True)\n" + LOOP.replace('    text = ""', CHECK),
)


async def stand_in(message: Message, run: Run) -> Message:
    """Give the draft after the one that was criticised."""
    del run
    last = (message.data or {}).get("draft")
    following = 0 if last is None else DRAFTS.index(last) + 1
    return Message.assistant(DRAFTS[min(following, len(DRAFTS) - 1)])


async def run_tests(message: Message, run: Run) -> Message:
    """Score a draft by the share of its tests that pass, as a recorded step."""
    code = code_in((message.data or {})["draft"])
    names = [node.name for node in ast.parse(TESTS).body if isinstance(node, ast.FunctionDef)]

    async def whole() -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            place = prepared(Path(folder), code)
            return [await fault(name, place) for name in names]

    faults = await run.step("run the tests", whole)
    failed = [f"{name}: {why}" for name, why in zip(names, faults, strict=True) if why]
    feedback = "\n".join(failed) or "Every test passes."
    return Message.assistant("", {"score": 1 - len(failed) / len(names), "feedback": feedback})


def prepared(folder: Path, code: str) -> Path:
    """Lay code and tests into a folder."""
    (folder / "draft.py").write_text(code)
    (folder / "tests.py").write_text(TESTS)
    return folder


async def fault(test: str, folder: Path) -> str:
    """Run one test in a process of its own; empty where it passes."""
    said, complained = folder / "said.txt", folder / "complained.txt"
    with said.open("w") as output, complained.open("w") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-IB", str(CHILD), test),
            cwd=folder, env={}, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=errors,
            start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(SECONDS):
                await process.wait()
        except TimeoutError:
            return f"did not end within {SECONDS:g} s"
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
    if process.returncode == 0:
        return "" if last_line(said) == f"{test} passed" else "ended before the test was through"
    if process.returncode == -signal.SIGXCPU:
        return "used up its processor time"
    return last_line(complained) or f"ended with {process.returncode}"


def last_line(path: Path) -> str:
    """Give the last line of what was written, cut where it is long."""
    return (path.read_text(errors="replace").strip().splitlines() or [""])[-1][:MOST_SAID]


def code_in(text: str) -> str:
    """Take the code out of an answer that may stand in a fence."""
    fenced = re.search(r"```(?:python)?\n(.*?)```", text, re.DOTALL)
    return fenced[1] if fenced else text


def reflection(model: str | None) -> Reflection:
    """Put writer and critic together."""
    if model is None:
        writer = FunctionAgent(name="writer", role="a stand-in for a model", answer=stand_in)
    else:
        asked = "Write plain Python without imports. Answer with the code alone."
        writer = FunctionCalling(name="writer", tools=(), instructions=asked, model=model)
    critic = FunctionAgent(name="tests", role="runs the code", answer=run_tests)
    return Reflection(generator=writer, critics=[critic], max_rounds=4, target=1.0)


async def main() -> None:
    """Show each round's score and the best draft."""
    answer = (await run(reflection(os.environ.get("BATUTA_MODEL")), TASK)).answer()
    made = answer.metadata["composition"]
    for number, each in enumerate(made["rounds"], start=1):
        print(f"round {number}: {each['score']:.0%} of the tests pass")
    print(f"stopped: {made['stop']}; the best is draft {made['best']}\n\n{answer.text.strip()}")


if __name__ == "__main__":
    asyncio.run(main())
