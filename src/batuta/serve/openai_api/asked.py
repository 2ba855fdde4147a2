"""What a client of OpenAI's API asked for, whichever of its two formats it used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from batuta.core.attachment import Attachment
from batuta.core.message import Message
from batuta.core.model import OutputSchema
from batuta.core.model_settings import ModelSettings
from batuta.serve.http.body import model_settings
from batuta.serve.http.encoding import shortened
from batuta.serve.openai_api.problems import refuse

PREFIX = "batuta-"
_TASK = "### Task:"
_TEXTS = ("text", "input_text", "output_text", "refusal")
_MOST_TOLD = 30
_DATA_URL = re.compile(r"data:([\w.+/-]*)(?:;[\w=.-]+)*;base64,(.*)", re.ASCII | re.DOTALL)
_NAME = re.compile(r"^[\w.\[\]-]{1,40}$", re.ASCII)
_OF_MODELS = {
    **{name: name for name in ("temperature", "top_p", "seed", "stop", "reasoning_effort")},
    **{name: name for name in ("parallel_tool_calls", "service_tier", "verbosity")},
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "max_output_tokens": "max_output_tokens",
}
_NO_WISH: Mapping[str, Sequence[Any]] = {
    "parallel_tool_calls": (True,),
    "service_tier": ("auto", "default"),
    "tools": ([],),
    "tool_choice": ("auto", "none"),
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "background": (False,),
    "truncation": ("disabled",),
    "functions": ([],),
    "function_call": ("auto", "none"),
}
"""Values by which a client asks for nothing that is not so anyway."""
_REFUSED: Mapping[str, str] = {
    "n": "One answer is given to each request: leave n out, or set it to 1.",
    "logprobs": "Log probabilities are not known here: leave logprobs out.",
    "top_logprobs": "Log probabilities are not known here: leave top_logprobs out.",
    "modalities": "Answers are text: leave modalities out.",
    "audio": "Answers are text: leave audio out.",
    "background": "Answers are not made in the background: leave it out.",
    "tool_choice": "Tools of a client are never called here: set tool_choice to auto or none.",
    "function_call": "Tools of a client are never called here: set function_call to auto or none.",
    "prompt": "Stored prompts are not known here: leave prompt out.",
}


_SHOWN = ("image_url", "input_image", "file", "input_file")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request for an answer.

    Args:
        style: Key of the style that its model names.
        talk: What was said before, by the client's account: the person's and the assistant's words.
        question: The person's last words.
        form: Shape of the answer; None asks for plain text.
        shows_usage: Whether a stream ends with its usage.
        shows_decisions: Whether it wants to see who decided what.
        ignored: Fields that were not honoured.
        settings: How models are to be asked, of those that the server lets a request set.
        attachments: Images and files beside the question.
        raw: The body itself.
    """

    style: str
    model: str
    talk: tuple[Message, ...]
    question: str
    streams: bool
    form: OutputSchema | None = None
    shows_usage: bool = False
    shows_decisions: bool = False
    ignored: tuple[str, ...] = ()
    settings: ModelSettings | None = None
    attachments: tuple[Attachment, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_task(self) -> bool:
        """Whether a front end asks for itself, such as for a title, in its own words."""
        return self.question.lstrip().startswith(_TASK)

    def headers(self) -> dict[str, str]:
        """Tell what was not honoured."""
        told = [name for name in dict.fromkeys(self.ignored) if _NAME.match(name)][:_MOST_TOLD]
        return {"x-batuta-ignored": ", ".join(told)} if told else {}


def body_of(raw: Any) -> dict[str, Any]:
    """See that a body is an object.

    Raises:
        Refused: It is something else.
    """
    if not isinstance(raw, dict):
        refuse("The body must be a JSON object.", param=None, code="invalid_type")
    return cast("dict[str, Any]", raw)


def flag(body: Mapping[str, Any], name: str) -> bool:
    """Read a field that is true or false; absent is false.

    Raises:
        Refused: It is neither.
    """
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        refuse(f"{name} must be true or false.", param=name, code="invalid_type")
    return value


def text_field(body: Mapping[str, Any], name: str) -> str:
    """Read a field that is text; absent is empty.

    Raises:
        Refused: It is something else.
    """
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        refuse(f"{name} must be text.", param=name, code="invalid_type")
    return value


def table_field(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Read a field that is an object; absent is an empty one.

    Raises:
        Refused: It is something else.
    """
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        refuse(f"{name} must be an object.", param=name, code="invalid_type")
    return cast("dict[str, Any]", value)


@dataclass(slots=True)
class Talk:
    """Gathers what was said.

    Args:
        where: Name of the field that it stands in.
    """

    where: str
    said: list[Message] = field(default_factory=list[Message])
    ignored: list[str] = field(default_factory=list[str])
    shown: dict[int, list[Attachment]] = field(default_factory=dict[int, list[Attachment]])

    def add(self, role: str, content: Any, param: str) -> None:
        """Take one utterance.

        Raises:
            Refused: Its role is unknown, or its content is no text.
        """
        if role in ("system", "developer"):
            text_in(content, param)
            self.ignored.append("instructions")
        elif role in ("tool", "function"):
            self.ignored.append(f"{self.where}[{role}]")
        elif role in ("user", "assistant"):
            shown: list[Attachment] = []
            text = text_in(content, param, shown)
            if shown:
                self.shown[len(self.said)] = shown
            if text.strip() or role == "user":
                self.said.append(Message(role, text))
        else:
            known = "system, developer, user, assistant or tool"
            refuse(f"Role {shortened(role, 40)!r} is unknown: use {known}.", param=f"{param}.role")

    def parted(self) -> tuple[tuple[Message, ...], str]:
        """Part the question from what was said before it.

        Raises:
            Refused: The last word is not the person's.
        """
        if not self.said or self.said[-1].role != "user":
            refuse(f"The last of {self.where} must be what the user says.", param=self.where)
        if any(place < len(self.said) - 1 for place in self.shown):
            self.ignored.append("images")  # what was shown before was looked at then
        return tuple(self.said[:-1]), self.said[-1].text

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What is shown with the question."""
        return tuple(self.shown.get(len(self.said) - 1, ()))


def text_in(content: Any, param: str, shown: list[Attachment] | None = None) -> str:
    """Read content that is text, or a list of parts that are.

    Args:
        shown: Takes images and files among the parts; None where there may be none.

    Raises:
        Refused: Some of it is no text.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        refuse("content must be text or a list of parts.", param=f"{param}.content")
    said: list[str] = []
    for place, each in enumerate(cast("list[Any]", content)):
        where = f"{param}.content[{place}]"
        part = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        kind = str(part.get("type"))
        if shown is not None and kind in _SHOWN:
            shown.append(_attachment(part, kind, where))
            continue
        text = part.get("refusal" if kind == "refusal" else "text")
        if kind not in ("text", "input_text", "output_text", "refusal") or not isinstance(
            text, str
        ):
            what = f"A part of type {shortened(kind, 40)!r} cannot be read here: send text."
            refuse(what, param=where, code="unsupported_content")
        said.append(text)
    return "\n".join(said)


def _attachment(part: Mapping[str, Any], kind: str, where: str) -> Attachment:
    """Read an image or a file that stands in its part as a data URL.

    Raises:
        Refused: It stands elsewhere.
        InvalidInput: It is of no type that is taken.
    """
    held: Any = part.get("file", part) if kind == "file" else part
    given: Any = held.get("file_data") if "file" in kind else held.get("image_url")
    url = given.get("url") if isinstance(given, dict) else given  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    found = _DATA_URL.match(url) if isinstance(url, str) else None
    if found is None:
        what = "An image or file must stand in the part itself: send a data URL in base64."
        refuse(what, param=where, code="unsupported_content")
    name = str(held.get("filename") or "")
    return Attachment.of_base64(found[2], name=name, media_type=found[1])


def wishes(
    body: Mapping[str, Any], honoured: frozenset[str], settable: Sequence[str]
) -> tuple[tuple[str, ...], ModelSettings | None]:
    """Give what is not honoured of a request, and the model settings that are.

    Args:
        honoured: Fields that the format itself reads.
        settable: Model settings that a request may bring.

    Raises:
        Refused: It asks for what nobody should think was done.
    """
    ignored: list[str] = []
    settings: dict[str, Any] = {}
    for name, value in body.items():
        if name in honoured or value is None or value in _NO_WISH.get(name, ()):
            continue
        if name in _REFUSED:
            refuse(_REFUSED[name], param=name, code="unsupported_value")
        ours = _OF_MODELS.get(name)
        if ours is not None and ours in settable:
            settings[ours] = value
        else:
            ignored.append(name)
    return tuple(ignored), model_settings(settings, settable)


def form_of(wanted: Mapping[str, Any], under: str, param: str) -> OutputSchema | None:
    """Read the shape of the answer that is asked for.

    Args:
        under: Where name and schema stand; empty for right there.

    Raises:
        Refused: It is no shape that can be honoured.
    """
    kind = wanted.get("type", "text")
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputSchema("json_object", {"type": "object"})
    if kind != "json_schema":
        refuse("type must be text, json_object or json_schema.", param=f"{param}.type")
    held = table_field(wanted, under) if under else wanted
    schema = table_field(held, "schema")
    if schema.get("type") != "object":
        refuse("The schema must be one of type object.", param=f"{param}.schema")
    return OutputSchema(text_field(held, "name") or "answer", schema)
