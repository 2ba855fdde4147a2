"""An image or a file is what its bytes are, and its bytes are in nothing that is kept."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from batuta.core.attachment import Attachment, check_sizes
from batuta.core.message import Message, ToolCall, Transcript, question_of
from batuta.core.result import result_shown, shown_in, shown_text
from batuta.errors import InvalidInput
from tests.pictures import JPEG, PDF, PNG


@pytest.mark.parametrize(
    ("content", "name", "said", "media_type"),
    [
        (PNG, "", "", "image/png"),
        (JPEG, "court.jpg", "image/jpg", "image/jpeg"),
        (b"GIF89a" + bytes(9), "", "", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "", "", "image/webp"),
        (PDF, "rules.pdf", "application/pdf", "application/pdf"),
        (b"day,court\n1,A\n", "slots.csv", "", "text/csv"),
        (b"# Rules", "", "text/markdown; charset=utf-8", "text/markdown"),
        ("Plätze".encode(), "a.unknown", "", "text/plain"),
    ],
)
def test_type_is_what_the_bytes_are(content: bytes, name: str, said: str, media_type: str) -> None:
    made = Attachment.of(content, name=name, media_type=said)

    assert (made.media_type, made.size_bytes, made.data) == (media_type, len(content), content)


@pytest.mark.parametrize(
    ("content", "said", "problem"),
    [
        (JPEG, "image/png", "is said to be image/png, and is image/jpeg"),
        (b"<svg/>", "image/svg+xml", r"is said to be image/svg\+xml"),
        (b"just words", "image/png", "is said to be image/png, and is text/plain"),
        (b"", "", "is empty"),
        (b"MZ\x90\0\x03", "", "is of a type that nobody here takes"),
        (b"caf\xe9", "", "is of a type that nobody here takes"),
    ],
)
def test_what_is_none_is_said(content: bytes, said: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        Attachment.of(content, name="it", media_type=said)


@pytest.mark.parametrize("text", ["%%%", base64.b64encode(PNG).decode()[:-3], "äö"])
def test_broken_base64_is_said(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"'cat.png' is no base64"):
        Attachment.of_base64(text, name="cat.png")


def test_base64_may_be_broken_into_lines() -> None:
    assert Attachment.of_base64(base64.encodebytes(PNG).decode()).data == PNG


def test_file_is_read_under_its_name_and_its_folder_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "court.png").write_bytes(PNG)

    assert Attachment.read(tmp_path / "court.png").described() == (
        f"court.png (image/png, {len(PNG)} bytes)"
    )
    with pytest.raises(InvalidInput) as caught:
        Attachment.read(tmp_path / "none.png")
    assert str(tmp_path) not in str(caught.value)


def test_message_keeps_no_bytes_but_takes_them_to_another_process() -> None:
    said = Message.user("What is this?").attaching(Attachment.of(PNG, name="a.png"))
    kept, sent = json.dumps(said.to_json()), json.dumps(said.to_json(content=True))

    assert base64.b64encode(PNG).decode() not in kept
    assert Message.from_json(json.loads(kept)).attachments[0].content is None
    there = Message.from_json(json.loads(sent))
    assert there == said
    assert there.attachments[0].data == PNG


def test_message_without_any_is_written_as_it_always_was() -> None:
    said = Message.user("Hello")

    assert said.attaching() is said
    assert set(said.to_json()) == {"id", "role", "text"}


def test_other_words_for_a_question_keep_its_images() -> None:
    image = Attachment.of(PNG)
    asked = question_of(Message.user("What?").attaching(image), "In short: what?")

    assert (asked.text, asked.attachments) == ("In short: what?", (image,))


def test_budget_reserves_for_what_an_image_takes() -> None:
    plain = Transcript.of([Message.user("Hi")])
    shown = Transcript.of([Message.user("Hi").attaching(Attachment.of(PNG))])

    assert (shown.chars - plain.chars) // 3 == Attachment.of(PNG).most_tokens == 1_600


@pytest.mark.parametrize(
    ("count", "most", "most_bytes", "problem"),
    [
        (3, 2, 10_000, "has 3 attachments. Send at most 2"),
        (2, 8, len(PNG), "Send at most"),
        (1, 8, 0, "No images or files are taken here"),
    ],
)
def test_too_many_or_too_large_is_said(
    count: int, most: int, most_bytes: int, problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check_sizes([Attachment.of(PNG)] * count, most=most, most_bytes=most_bytes)


def test_result_of_a_tool_is_told_in_words_beside_what_it_shows() -> None:
    image = Attachment.of(PNG, name="court.png")
    result = ["Court A:", image, {"free": True}]

    assert shown_in(result) == (image,)
    assert shown_text(result) == f'Court A:\n{image.described()}\n{{"free":true}}'
    assert result_shown(image) == {**image.to_json(), "content": None}
    call = ToolCall("c1", "look", {})
    assert Message.tool(call, "x").attaching(image).attachments == (image,)
