"""OpenAI Chat Completions, and everything that calls itself compatible with it.

Source: https://platform.openai.com/docs/api-reference/chat (read 2026-11); what other servers do
differently stands beside the line that takes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from batuta.models.vendors.arguments import arguments_of as read_arguments
from batuta.models.vendors.attached import chat_content, split
from batuta.models.vendors.cache import KeptTools
from batuta.models.vendors.chat_parts import THOUGHTS, ChatParts, call_fields, message_fields
from batuta.models.vendors.complaint_body import (
    ComplaintBody,
    VendorFailure,
    check_no_error,
    no_answer,
)
from batuta.models.vendors.draft import DraftCall, ReplyDraft
from batuta.models.vendors.families import family_of, wants_all_thoughts
from batuta.models.vendors.finish import finish_of
from batuta.models.vendors.history import (
    TurnItem,
    VendorTurn,
    arguments_of,
    id_of,
    system_of,
    turns_of,
)
from batuta.models.vendors.names import legal_name
from batuta.models.vendors.openai_client import openai_wire
from batuta.models.vendors.reasoning import TaggedThoughts, opens_no_tag, opens_the_tag
from batuta.models.vendors.schemas import followed, strict
from batuta.models.vendors.sent_settings import SentSettings, cache_key, chat_body
from batuta.models.vendors.usage import chat_usage, mapping

if TYPE_CHECKING:
    from batuta.core.model import Emit, ModelRequest, OutputSchema
    from batuta.models.vendors.access import VendorAccess
    from batuta.models.vendors.http_wire import HttpWire

_IN_WORDS = "Answer with one JSON object that fits this schema, and with nothing else:\n"


def connect(name: str, access: VendorAccess) -> HttpWire:
    """Make the way to a model, given as ``provider:model``."""
    return openai_wire(ChatFormat(name, own=name.startswith("openai-chat:")), access)


class ChatFormat:
    """Chat Completions.

    Args:
        own: OpenAI's own; another server is promised no more than the oldest of the protocol: the
            schema goes into the instructions too, in one system message, and nothing is sent that
            only OpenAI knows.
    """

    path = "/chat/completions"

    def __init__(self, name: str, *, own: bool) -> None:
        self._name, self._own = name, own
        self._model = name.partition(":")[2]
        self._family = family_of(name)
        self._thinks = not own and opens_the_tag(self._model)
        # Of most, nobody knows before the first reply has ended.
        self._opens_tag: bool | None = False if opens_no_tag(self._model) else None
        self._for_ever = wants_all_thoughts(self._model)
        self._tools: KeptTools = KeptTools(self._tool)
        self._settings = SentSettings(name, chat_body)

    def draft(self, request: ModelRequest, emit: Emit) -> ReplyDraft:
        """See ``HttpFormat.draft``."""
        thoughts = None
        if not self._own:
            certain = self._opens_tag or self._thinks
            thoughts = TaggedThoughts(held=self._opens_tag is not False, certain=certain)
        return ReplyDraft(self._name, emit, family=self._family, thoughts=thoughts)

    def body(self, request: ModelRequest, *, streamed: bool) -> dict[str, Any]:
        """See ``HttpFormat.body``."""
        settings = request.settings
        asked = self._settings.of(settings)
        limit = "max_completion_tokens" if self._own else "max_tokens"
        made: dict[str, Any] = {
            "model": self._model,
            "messages": self._messages(request),
            limit: self._settings.limit(request),
        }
        if request.tools:
            made["tools"] = self._tools.of(request.tools)
            made["tool_choice"] = "auto"
        made |= asked
        if not request.tools:
            made.pop("tool_choice", None)
            made.pop("parallel_tool_calls", None)
        if request.output is not None:
            made["response_format"] = self._format(request.output)
        key = cache_key() if self._own and settings.caching is not False else ""
        if key:
            made["prompt_cache_key"] = key
        made |= settings.extra_body or {}
        if streamed:
            made |= {"stream": True, "stream_options": {"include_usage": True}}
        return made

    def whole(self, answer: Mapping[str, Any], draft: ReplyDraft) -> None:
        """See ``HttpFormat.whole``.

        Raises:
            VendorFailure: It is an error inside a good answer.
            ModelReplyInvalid: It is something else.
        """
        self._about(answer, draft)
        choices = answer.get("choices")
        if not isinstance(choices, list) or not choices:
            raise no_answer(answer, draft.name, "choices")
        choice = _first_of(cast("list[object]", choices))
        self._choice(choice, _message_of(choice), draft)
        draft.ended = True

    def event(self, name: str, event: Mapping[str, Any], draft: ReplyDraft) -> None:
        """See ``HttpFormat.event``.

        Raises:
            VendorFailure: It is an error.
        """
        if name == "error":
            raise VendorFailure(event)
        self._about(event, draft)
        choices = event.get("choices")
        if not choices:  # Azure's first chunk, and the one with the usage
            if choices is None and not event.get("usage") and ComplaintBody(event).text:
                raise VendorFailure(event)
            return
        choice: Mapping[str, Any] = choices[0] or {}
        self._choice(choice, choice.get("delta") or _message_of(choice), draft)

    def _about(self, answer: Mapping[str, Any], draft: ReplyDraft) -> None:
        check_no_error(answer)
        model = answer.get("model")
        if model and model != draft.model:
            draft.by(model)
        usage = answer.get("usage") or mapping(answer.get("x_groq")).get("usage")
        if usage:
            draft.used(chat_usage(usage))
        tier = answer.get("service_tier")
        if tier and isinstance(tier, str):
            draft.tier = tier

    def _choice(
        self, choice: Mapping[str, Any], said: Mapping[str, Any], draft: ReplyDraft
    ) -> None:
        """Fold a message, or a piece of one."""
        content = said.get("content")
        if content:
            draft.say(content if isinstance(content, str) else _texts(content))
        if len(said) > 1 or "content" not in said:
            self._more(said, draft)
        finish = choice.get("finish_reason")
        if choice.get("error"):  # OpenRouter's way to say it within a choice
            raise VendorFailure(choice)
        if finish:
            draft.finish, draft.ended = str(finish), True
        if draft.thoughts is not None and not self._opens_tag:
            if draft.thoughts.closed_alone:
                self._opens_tag = True  # from now on, nothing is heard before it is closed
            elif finish and draft.thoughts.answered and finish_of(finish) != "length":
                self._opens_tag = False

    def _more(self, said: Mapping[str, Any], draft: ReplyDraft) -> None:
        """Fold what is not text."""
        refusal = said.get("refusal")
        if isinstance(refusal, str) and refusal:
            draft.refusal.append(refusal)
        fields = message_fields(said)
        if fields:
            draft.reason(said.get("reasoning_content") or said.get("reasoning"))
            if any(name in fields for name in THOUGHTS):
                draft.think()
            ChatParts.on_message(draft, fields)
        for wish in _wishes(said):
            call = _call_of(wish, draft)
            arguments = _function_of(wish).get("arguments")
            if isinstance(arguments, str):
                if call.pieces and not wish.get("id") and _begins_another(arguments, call):
                    call = draft.call("", call.name, call.index)
                call.pieces.append(arguments)
            elif arguments is not None:
                call.whole = arguments
            extra = call_fields(wish)
            if extra:
                ChatParts.on_call(draft, call, extra)

    def _messages(self, request: ModelRequest) -> list[dict[str, Any]]:
        turns = turns_of(request.messages, self._family)
        made: list[dict[str, Any]] = []
        if not self._own:
            told = [system_of(turns)]
            if request.output is not None:
                told.append(
                    _IN_WORDS + json.dumps(followed(request.output.schema), ensure_ascii=False)
                )
            system = "\n\n".join(filter(None, told))
            made += [{"role": "system", "content": system}] if system else []
        for turn in turns:
            if turn.role == "assistant":
                made.append(_assistant(turn, for_ever=self._for_ever))
            else:
                made += self._asked(turn.items)
        return made

    def _asked(self, items: Sequence[TurnItem]) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for item in self._with_shown(items):
            if item.kind == "result" and item.call is not None:
                answers = id_of(item.call.id)
                text = split(self._name, item)[1] if item.files else item.text
                made.append({"role": "tool", "tool_call_id": answers, "content": text})
            elif item.kind == "user":
                self._say(item, made)
            elif self._own:
                made.append({"role": "system", "content": item.text})
        return made

    def _with_shown(self, items: Sequence[TurnItem]) -> Sequence[TurnItem]:
        """Let what tools showed follow their results as a user's: a result is text and no more."""
        results = [item for item in items if item.kind == "result"]
        shown = [
            TurnItem("user", f"(Shown by {item.call.name}.)", files=tuple(files))
            for item in results
            if item.files and item.call is not None and (files := split(self._name, item)[0])
        ]
        if not shown:
            return items
        return [*results, *shown, *(item for item in items if item.kind != "result")]

    def _say(self, item: TurnItem, made: list[dict[str, Any]]) -> None:
        """Add what a user says; templates want sides that alternate: it may join what is there."""
        content: Any = chat_content(self._name, item) if item.files else item.text
        if self._own or not made or made[-1]["role"] != "user":
            made.append({"role": "user", "content": content})
            return
        before = made[-1]["content"]
        if isinstance(before, str) and isinstance(content, str):
            made[-1]["content"] = f"{before}\n\n{content}"
        else:
            made[-1]["content"] = [*_blocks(before), *_blocks(content)]

    def _tool(self, name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        held = strict(parameters) if self._own else None
        made: dict[str, Any] = {
            "name": legal_name(name),
            "description": description,
            "parameters": followed(parameters) if held is None else held,
        }
        if self._own:
            made["strict"] = held is not None
        return {"type": "function", "function": made}

    def _format(self, output: OutputSchema) -> dict[str, Any]:
        held = strict(output.schema) if self._own else None
        schema: dict[str, Any] = {
            "name": legal_name(output.name),
            "schema": followed(output.schema) if held is None else held,
        }
        if output.description:
            schema["description"] = output.description
        if self._own:
            schema["strict"] = held is not None
        return {"type": "json_schema", "json_schema": schema}


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _assistant(turn: VendorTurn, *, for_ever: bool) -> dict[str, Any]:
    texts = [item.text for item in turn.items if item.kind == "text"]
    made: dict[str, Any] = {"role": "assistant", "content": "\n\n".join(texts) or None}
    calls = [
        {
            "id": id_of(item.call.id),
            "type": "function",
            "function": {
                "name": legal_name(item.call.name),
                "arguments": json.dumps(arguments_of(item.call), ensure_ascii=False),
            },
        }
        for item in turn.items
        if item.call is not None
    ]
    if calls:
        made["tool_calls"] = calls
    ChatParts.give_back(turn, made, for_ever=for_ever)
    return made


def _wishes(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List the calls of a message or of a piece of one; the old protocol had one at most."""
    calls = said.get("tool_calls")
    if calls:
        listed = cast("list[object]", calls) if isinstance(calls, list) else [calls]
        return [held for call in listed if (held := mapping(call))]
    old = said.get("function_call")
    return [{"function": mapping(cast("object", old))}] if isinstance(old, Mapping) else []


def _function_of(wish: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what is called; in some the name stands beside the id."""
    return mapping(wish.get("function")) or wish


def _first_of(choices: list[object]) -> Mapping[str, Any]:
    """Give the choice that calls itself the first, else the one that stands there."""
    found = [mapping(choice) for choice in choices]
    return next((choice for choice in found if choice.get("index") == 0), found[0])


def _message_of(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a choice's message; in some it is no more than a text."""
    message = choice.get("message")
    if isinstance(message, Mapping):
        return cast("Mapping[str, Any]", message)
    text = message if isinstance(message, str) else choice.get("text")
    return {"content": text} if isinstance(text, str) else {}


def _call_of(wish: Mapping[str, Any], draft: ReplyDraft) -> DraftCall:
    """Find the call that a piece goes on with, else begin one.

    Its id says which, where there is one; else its index; else it is the last. Servers give one
    index to two calls, repeat a name in every piece, and leave out each of the three.
    """
    call_id, index = wish.get("id") or "", wish.get("index")
    name = _function_of(wish).get("name") or ""
    found = _begun(draft.calls, call_id, index, named=bool(name))
    if found is None:
        return draft.call(call_id, name, index)
    found.id = found.id or str(call_id)
    found.name = found.name or str(name)
    return found


def _begun(
    calls: Sequence[DraftCall], call_id: object, index: object, *, named: bool
) -> DraftCall | None:
    placed = [call for call in calls if index is None or call.index is None or call.index == index]
    if call_id:
        for call in placed:
            if call.id == call_id:
                return call
        last = placed[-1] if placed else None
        return last if last is not None and (not last.id or not named) else None
    last = placed[-1] if placed else None
    if last is not None and named and _is_whole(last):
        return None
    return last


def _begins_another(piece: str, call: DraftCall) -> bool:
    """Whether a piece without an id is another call of that name: after a whole object, another.

    Seen of Gemini's endpoint and of gateways before it (NousResearch/hermes-agent#62937).
    """
    if not piece.lstrip().startswith("{") or not _is_whole(call):
        return False
    given = read_arguments(call.arguments()).given
    more = read_arguments(piece)
    return bool(given) and more.invalid is None and more.given not in ({}, given)


def _is_whole(call: DraftCall) -> bool:
    raw = call.arguments()
    return raw not in (None, "") and read_arguments(raw).invalid is None


def _texts(content: object) -> str:
    """Give the text of content in blocks, as Mistral sends it."""
    blocks = cast("list[object]", content) if isinstance(content, list) else []
    texts = [mapping(block).get("text") for block in blocks]
    return "".join(text for text in texts if isinstance(text, str))
