"""The example's critic that runs code: what a draft may do to it, and what not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from batuta import Message, run
from batuta.parts.members import RECORD

EXAMPLE = Path(__file__).parents[2] / "examples" / "reflect_on_code.py"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has these limits")


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reflect_on_code", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def one_test(example: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(example, "TESTS", "def test_it():\n    assert work() == 7\n")
    return example


async def judged(example: ModuleType, code: str) -> tuple[float, str]:
    critic = example.reflection(None).critics[0]
    answer = (await run(critic, Message.user("", {"draft": code}))).answer()
    assert answer.data is not None
    return answer.data["score"], answer.data["feedback"]


async def test_the_share_of_passing_tests_is_the_score(example: ModuleType) -> None:
    scores = [(await judged(example, draft))[0] for draft in example.DRAFTS]
    assert scores == [0.5, 0.75, 1.0]


async def test_it_writes_until_every_test_passes(example: ModuleType) -> None:
    answer = (await run(example.reflection(None), example.TASK)).answer()
    made = answer.metadata[RECORD]
    assert (made["stop"], made["best"]) == ("target", 3)
    assert answer.text == example.DRAFTS[2]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def work(): return 8", "AssertionError"),
        ("def work(: return 7", "SyntaxError"),
        ("def works(): return 7", "NameError: name 'work' is not defined"),
        ("import sys\nsys.exit(0)", "ended before the test was through"),
        ("import os\nos._exit(0)", "ended before the test was through"),
        ("def work():\n    while True: pass", "used up its processor time"),
        ("def work(): return len('x' * 2**30)", "MemoryError"),
        ("def work(): print('x' * 2**21)", "File too large"),
        ("import socket\ndef work(): socket.socket()", "socket.__new__ is not allowed"),
        ("import os\ndef work(): os.system('true')", "os.system is not allowed"),
        ("import subprocess\ndef work(): subprocess.run(['true'])", "not allowed"),
        ("import os\ndef work(): os.fork()", "os.fork is not allowed"),
        ("def work(): open('/tmp/elsewhere', 'w')", "writing to /tmp/elsewhere is not allowed"),
        ("def work(): open('../elsewhere', 'w')", "is not allowed"),
        ("import os\ndef work(): os.remove('draft.py')", "os.remove is not allowed"),
        ("import ctypes\ndef work(): ctypes.CDLL(None)", "ctypes.dlopen is not allowed"),
    ],
    ids=lambda value: value.replace("\n", "; ")[:40],
)
async def test_a_draft_that_misbehaves_fails_its_test_with_the_reason(
    one_test: ModuleType, code: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_test, "SECONDS", 100.0)  # a busy machine gives little processor time
    score, feedback = await judged(one_test, code)
    assert score == 0
    assert why in feedback


async def test_a_draft_that_sleeps_is_given_up(
    one_test: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_test, "SECONDS", 0.3)
    score, feedback = await judged(one_test, "import time\ndef work(): time.sleep(60)")
    assert (score, feedback) == (0, "test_it: did not end within 0.3 s")


async def test_it_may_write_in_its_own_folder_and_import_what_python_has(
    one_test: ModuleType,
) -> None:
    code = "import math\ndef work():\n    open('note', 'w').write('x')\n    return math.isqrt(49)"
    assert await judged(one_test, code) == (1.0, "Every test passes.")


async def test_code_in_a_fence_is_taken_out(one_test: ModuleType) -> None:
    fenced = "Here it is:\n```python\ndef work(): return 7\n```\nEnjoy."
    assert await judged(one_test, fenced) == (1.0, "Every test passes.")
