"""Every wait of a test for a process or a socket is as long as ``tests/patience.py`` says."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.shape.sources import Source, aliases, dotted, sources

MAKERS = {
    *("httpx.Client", "httpx.AsyncClient", "httpx.get", "httpx.post", "httpx.put", "httpx.patch"),
    *("httpx.delete", "httpx.request", "httpx.stream"),
}
WAITS = {"communicate", "wait", "join", "get", "run", "urlopen"}
SHORT_S = 5
"""Below it a wait is what a test is about, such as one that shall pass."""
HOME = "tests/patience.py"


def impatient(every: Iterable[Source]) -> Iterator[str]:
    """Places that make a client with a time limit of their own, or wait a number of seconds.

    A client of an app in the process has no socket, so it needs no limit.
    """
    for source in every:
        if source.path == HOME:
            continue
        known = aliases(source.tree)
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call):
                continue
            makes = dotted(node.func, known) in MAKERS
            its_own = makes and "transport" not in {word.arg for word in node.keywords}
            if its_own or _waits_a_number(node):
                yield f"{source.path}:{node.lineno}"


def _waits_a_number(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name not in WAITS:
        return False
    limits = [word.value for word in call.keywords if word.arg == "timeout"]
    limits += call.args[:1] if name in {"communicate", "wait", "join"} else []
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, int | float) and one.value > SHORT_S
        for one in limits
    )


def test_no_test_waits_as_long_as_a_library_happens_to() -> None:
    assert list(impatient(sources("tests"))) == []


def test_a_wait_of_so_many_seconds_is_found() -> None:
    text = "process.communicate(timeout=30)\nready.wait(60)\nready.wait(0.05)\nthread.join()\n"

    assert list(impatient([Source("tests/e2e/test_a.py", text)])) == [
        *("tests/e2e/test_a.py:1", "tests/e2e/test_a.py:2")
    ]


def test_an_impatient_client_is_found() -> None:
    text = "import httpx\nhttpx.get('http://a')\nhttpx.AsyncClient(transport=app)\n"

    assert list(impatient([Source("tests/e2e/test_a.py", text)])) == ["tests/e2e/test_a.py:2"]
