"""Every HTTP client of a test that opens a socket waits as long as ``tests/patience.py`` says."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.shape.sources import Source, aliases, dotted, sources

MAKERS = {
    *("httpx.Client", "httpx.AsyncClient", "httpx.get", "httpx.post", "httpx.put", "httpx.patch"),
    *("httpx.delete", "httpx.request", "httpx.stream"),
}
HOME = "tests/patience.py"


def impatient(every: Iterable[Source]) -> Iterator[str]:
    """Places that make a client with a time limit of their own; an app in the process has none."""
    for source in every:
        if source.path == HOME:
            continue
        known = aliases(source.tree)
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.Call)
                and dotted(node.func, known) in MAKERS
                and "transport" not in {word.arg for word in node.keywords}
            ):
                yield f"{source.path}:{node.lineno}"


def test_no_test_waits_as_long_as_a_library_happens_to() -> None:
    assert list(impatient(sources("tests"))) == []


def test_an_impatient_client_is_found() -> None:
    text = "import httpx\nhttpx.get('http://a')\nhttpx.AsyncClient(transport=app)\n"

    assert list(impatient([Source("tests/e2e/test_a.py", text)])) == ["tests/e2e/test_a.py:2"]
