from __future__ import annotations

from io import BytesIO, TextIOWrapper

import pytest

from batuta.cli.view.streams import prepare, safe


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_text_can_be_written_in_any_encoding(encoding: str) -> None:
    raw = BytesIO()
    stream = TextIOWrapper(raw, encoding=encoding)
    prepare(stream)

    stream.write("code 1 → “3”… 東京 \udcff")
    stream.flush()

    assert raw.getvalue()


def test_what_ascii_lacks_is_replaced_by_what_looks_like_it() -> None:
    raw = BytesIO()
    stream = TextIOWrapper(raw, encoding="ascii")
    prepare(stream)

    stream.write("code 1 · model 2 → ‘ok’… 東")
    stream.flush()

    assert raw.getvalue() == b"code 1 | model 2 -> 'ok'... ?"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07shown", "shown"),
        ("bell\x07 back\x08 carriage\r", "bell back carriage"),
        ("\u202eright to left", "right to left"),
        ("größer, 東京", "größer, 東京"),
    ],
)
def test_text_from_anywhere_cannot_steer_the_terminal(words: str, left: str) -> None:
    assert safe(words) == left
