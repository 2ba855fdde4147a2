"""Bedrock Converse. boto3 blocks: each call has a thread, and a whole stream one; see ``aws``.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
(read 2026-11), and botocore's own model of it.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar, cast

from batuta.aws.client import ClientOptions, sdk_client
from batuta.aws.errors import raised_by_aws
from batuta.aws.guard import Guard
from batuta.core.redaction import redacted_text
from batuta.errors import ModelCut
from batuta.models.vendors.attached import converse_content
from batuta.models.vendors.cache import KeptTools
from batuta.models.vendors.cache_points import goes_on, point_talk, pointed_system, pointed_tools
from batuta.models.vendors.claude import claude_of
from batuta.models.vendors.complaint_body import VendorFailure, no_answer
from batuta.models.vendors.draft import ReplyDraft
from batuta.models.vendors.families import (
    bedrock_can_be_forced,
    bedrock_wants_inlined,
    family_of,
)
from batuta.models.vendors.history import (
    TurnItem,
    VendorTurn,
    arguments_of,
    id_of,
    system_of,
    turns_of,
)
from batuta.models.vendors.json_text import parsed, whole_value
from batuta.models.vendors.names import legal_name
from batuta.models.vendors.reasoning import TaggedThoughts
from batuta.models.vendors.schemas import inlined, plain
from batuta.models.vendors.sent_settings import SentSettings, converse_body, within_budget
from batuta.models.vendors.setting_rules import bedrock_caches
from batuta.models.vendors.usage import converse_usage, mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batuta.core.model import Emit, ModelRequest
    from batuta.models.vendors.access import VendorAccess

_T = TypeVar("_T")
_AT_ONCE = 50
_FINAL = "Give the final answer by calling this."
_EARLIER = "Was used earlier in this conversation; it is not there now."
_ANY: Mapping[str, Any] = {"type": "object", "properties": {}}
# What the request itself is at fault for; whatever else an event complains of may pass.
_REJECTIONS = {"validationException": 400, "ValidationException": 400, "accessDeniedException": 403}


def connect(name: str, access: VendorAccess) -> ConverseWire:
    """Make the way to a model, given as ``provider:model``.

    Raises:
        ConfigError: boto3 finds no region or cannot use what is set.
    """
    options = ClientOptions(
        region=access.region,
        endpoint_url=access.base_url,
        timeout_s=access.timeout_s,
        checked=False,
    )
    client = sdk_client("bedrock-runtime", options, what="Bedrock", section="bedrock")
    return ConverseWire(name, client, access.reply_bytes)


class ConverseWire:
    """Converse over botocore's client.

    A part's data is a ``reasoningContent`` as it came; bytes in it are base64 text.
    """

    def __init__(self, name: str, client: Any, most_bytes: int) -> None:
        self._name, self._client = name, client
        self._model = name.partition(":")[2]
        self._family = family_of(name)
        self._schema = inlined if bedrock_wants_inlined(self._model) else plain
        self._tools = KeptTools(self._tool)
        self._settings = SentSettings(name, converse_body)
        self._claude = claude = claude_of(self._model)
        thinks = claude is not None and claude.always_thinks
        self._forced = bedrock_can_be_forced(self._model) and not thinks
        self._caches = bedrock_caches(self._model)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="bedrock")
        self.raises = raised_by_aws()
        self.guard = Guard(most_bytes)

    def draft(self, request: ModelRequest, emit: Emit) -> ReplyDraft:
        """See ``VendorWire.draft``."""
        # Amazon's own models think aloud in tags before they call a tool.
        thoughts = TaggedThoughts(held=False)
        return ReplyDraft(self._name, emit, family=self._family, thoughts=thoughts)

    async def ask(self, request: ModelRequest, draft: ReplyDraft, *, streamed: bool) -> None:
        """See ``VendorWire.ask``.

        Raises:
            VendorFailure: The vendor says that it failed.
            ModelCut: The stream ended before the vendor said so.
        """
        body = self.body(request)
        if not streamed:
            answer = await self._work(lambda: self._client.converse(**body))
            _whole(answer, draft)
            return
        thoughts, heard = _Mailbox(draft.aloud), _Mailbox(draft.emit)
        draft.aloud, draft.emit = thoughts.take, heard.take
        try:
            await self._work(lambda: self._streamed(body, draft))
        finally:
            thoughts.close()
            heard.close()
        if not draft.ended:
            raise ModelCut(draft.name, heard=False)

    async def close(self) -> None:
        """See ``VendorWire.close``."""
        self._threads.shutdown(wait=False)
        await asyncio.to_thread(self._client.close)

    def body(self, request: ModelRequest) -> dict[str, Any]:
        """Write a request."""
        turns = turns_of(request.messages, self._family)
        settings, most = request.settings, self._settings.limit(request)
        asked = dict(self._settings.of(settings))
        caches = self._caches and settings.caching is not False
        choice = asked.pop("toolChoice", None)
        made: dict[str, Any] = {
            "modelId": self._model,
            "messages": [_message(turn, self._name) for turn in turns],
            **asked,
            "inferenceConfig": {"maxTokens": most, **asked.get("inferenceConfig", {})},
        }
        thinks = _limit_thoughts(made, most)
        system = system_of(turns)
        if system:
            text = whole_value(system)
            made["system"] = pointed_system(text) if caches else [{"text": text}]
        config = self._tool_config(request, turns, forced=self._forced and not thinks)
        if config and choice is not None and request.tools:
            config.setdefault("toolChoice", choice)
        if config and caches and self._claude is not None:
            config["tools"] = pointed_tools(config["tools"])
        if config:
            made["toolConfig"] = config
        if caches and goes_on(request):
            point_talk(made["messages"], results=self._claude is not None)
        return made

    def _tool_config(
        self, request: ModelRequest, turns: Sequence[VendorTurn], *, forced: bool
    ) -> dict[str, Any]:
        """Write the tools: those given, the form's, else those that the history has blocks of."""
        tools = self._tools.of(request.tools) if request.tools else []
        if request.output is not None:
            form = request.output
            tools = [*tools, self._tool(form.name, form.description or _FINAL, form.schema)]
            return {"tools": tools, **({"toolChoice": {"any": {}}} if forced else {})}
        if not tools:
            called = {
                item.call.name for turn in turns for item in turn.items if item.call is not None
            }
            tools = [self._tool(name, _EARLIER, _ANY) for name in sorted(called)]
        return {"tools": tools} if tools else {}

    def _tool(self, name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        spec: dict[str, Any] = {
            "name": legal_name(name),
            "inputSchema": {"json": whole_value(self._schema(parameters))},
        }
        if description.strip():
            spec["description"] = whole_value(description)
        return {"toolSpec": spec}

    async def _work(self, work: Callable[[], _T]) -> _T:
        """Do something in a thread, in which the guard knows for which call it is."""
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: context.run(work)
        )

    def _streamed(self, body: dict[str, Any], draft: ReplyDraft) -> None:
        """Read a stream to its end, in a thread."""
        from botocore.eventstream import ParserError  # pyright: ignore[reportMissingTypeStubs]

        stream: Any = self._client.converse_stream(**body)["stream"]
        draft.opened, heard = True, False
        try:
            # botocore's own events lose the name of an exception that it does not know, and cost
            # more.
            for event in stream._event_generator:  # noqa: SLF001
                kind = event.headers.get(":event-type")
                if kind is None:
                    raise _failure(event)
                heard = True
                _event(kind, mapping(parsed(event.payload) if event.payload else {}), draft)
        except ParserError as error:  # what never was a stream of frames is an odd reply
            if not heard:
                raise
            why = f"the reply came damaged ({redacted_text(error)})"
            raise ModelCut(draft.name, why, heard=False) from error


class _Mailbox:
    """Brings text from the thread that reads it to the loop of who listens, in order."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._loop = asyncio.get_running_loop()
        self._waiting: list[str] = []
        self._open = True

    def take(self, piece: str) -> None:
        """Take a piece, in the thread."""
        self._waiting.append(piece)
        if len(self._waiting) == 1 and self._open:
            self._loop.call_soon_threadsafe(self._bring)

    def close(self) -> None:
        """Bring the rest; nobody is told of what comes after that."""
        self._bring()
        self._open = False

    def _bring(self) -> None:
        while self._waiting and self._open:
            waiting, self._waiting = self._waiting, []
            for piece in waiting:
                self._emit(piece)


def _limit_thoughts(made: dict[str, Any], most: int) -> bool:
    """Hold thoughts that were asked for within the reply's limit; tell whether there are any."""
    own: dict[str, Any] = made.get("additionalModelRequestFields", {})
    if not own.get("thinking"):
        return "reasoningConfig" in own
    thinking = within_budget(own["thinking"], most) or {"type": "disabled"}
    made["additionalModelRequestFields"] = {**own, "thinking": thinking}
    return thinking["type"] not in {"disabled", "between_tools"}


def _failure(event: Any) -> VendorFailure:
    """Read an event that is an error, also one that botocore has no name for."""
    headers: Mapping[str, Any] = event.headers
    code = str(headers.get(":exception-type") or headers.get(":error-code") or "unknown error")
    try:
        body: object = parsed(event.payload) if event.payload else {}
    except ValueError:
        body = event.payload.decode("utf-8", "replace")
    told = mapping(body)
    status = told.get("originalStatusCode")
    if not told.get("message") and headers.get(":error-message"):
        body = {"message": str(headers[":error-message"])}
    known = _REJECTIONS.get(code, status if isinstance(status, int) else None)
    return VendorFailure(body, status=known, code=code)


def _whole(answer: Mapping[str, Any], draft: ReplyDraft) -> None:
    content = mapping(mapping(answer.get("output")).get("message")).get("content")
    if not isinstance(content, list):
        raise no_answer(answer, draft.name, "content")
    for block in cast("list[object]", content):
        _block(mapping(block), draft)
    draft.used(converse_usage(answer.get("usage")))
    draft.finish = str(answer.get("stopReason") or "")
    draft.tier = str(mapping(answer.get("serviceTier")).get("type") or "")
    draft.ended = True


def _block(block: Mapping[str, Any], draft: ReplyDraft) -> None:
    """Fold a whole block; one that is new to us is passed over."""
    if "text" in block:
        draft.say(block["text"])
    elif "toolUse" in block:
        use = mapping(block["toolUse"])
        draft.call(use.get("toolUseId"), use.get("name")).whole = use.get("input")
    elif "reasoningContent" in block:
        draft.thought = True
        thought = mapping(block["reasoningContent"])
        draft.reason(mapping(thought.get("reasoningText")).get("text"))
        draft.part(_as_json(thought))


def _event(kind: str, event: Mapping[str, Any], draft: ReplyDraft) -> None:
    if kind == "contentBlockDelta":
        _delta(event.get("contentBlockIndex"), mapping(event.get("delta")), draft)
    elif kind == "contentBlockStart":
        use = mapping(mapping(event.get("start")).get("toolUse"))
        if use:
            draft.call(use.get("toolUseId"), use.get("name"), event.get("contentBlockIndex"))
    elif kind == "messageStop":
        draft.finish, draft.ended = str(event.get("stopReason") or ""), True
    elif kind == "metadata":
        draft.used(converse_usage(event.get("usage")))
        draft.tier = str(mapping(event.get("serviceTier")).get("type") or "")


def _delta(index: object, delta: Mapping[str, Any], draft: ReplyDraft) -> None:
    if "text" in delta:
        draft.say(delta["text"])
    elif "toolUse" in delta:
        given = mapping(delta["toolUse"]).get("input")
        call = next((c for c in reversed(draft.calls) if c.index == index), None)
        if call is not None and isinstance(given, str):
            call.pieces.append(given)
    elif "reasoningContent" in delta:
        draft.thought = True
        _think(index, mapping(delta["reasoningContent"]), draft)


def _think(index: object, piece: Mapping[str, Any], draft: ReplyDraft) -> None:
    """Put the pieces of a thought together: text, then its signature, or what is encrypted."""
    last = draft.parts[-1] if draft.parts else None
    if last is None or last.data.get("index") != index:
        draft.part({"index": index})
        last = draft.parts[-1]
    held = cast("dict[str, Any]", last.data)
    if "redactedContent" in piece:
        held["redactedContent"] = piece["redactedContent"]
        return
    draft.reason(piece.get("text"))
    text = held.setdefault("reasoningText", {"text": ""})
    text["text"] += piece.get("text") or ""
    if piece.get("signature"):
        text["signature"] = f"{text.get('signature', '')}{piece['signature']}"


def _as_json(thought: Mapping[str, Any]) -> dict[str, Any]:
    redacted = thought.get("redactedContent")
    if isinstance(redacted, bytes):
        return {"redactedContent": base64.b64encode(redacted).decode()}
    return dict(thought)


def _message(turn: VendorTurn, name: str) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    for item in turn.items:
        if item.files:
            blocks += _shown(item, name)
        elif (block := _sent(item)) is not None:
            blocks.append(block)
    while len(blocks) > 1 and "reasoningContent" in blocks[-1]:
        blocks.pop()
    return {"role": turn.role, "content": blocks}


def _shown(item: TurnItem, name: str) -> list[dict[str, Any]]:
    made = converse_content(name, item._replace(text=whole_value(item.text)))
    if item.call is None:
        return made
    return [{"toolResult": {"toolUseId": id_of(item.call.id), "content": made}}]


def _sent(item: TurnItem) -> dict[str, Any] | None:
    if item.kind == "system":
        return None
    if item.part is not None:
        return {"reasoningContent": _as_bytes(whole_value(item.part.data))}
    if item.call is None:
        return {"text": whole_value(item.text)}
    call_id = id_of(item.call.id)
    if item.kind == "result":
        return {"toolResult": {"toolUseId": call_id, "content": [{"text": whole_value(item.text)}]}}
    name, given = legal_name(item.call.name), whole_value(arguments_of(item.call))
    return {"toolUse": {"toolUseId": call_id, "name": name, "input": given}}


def _as_bytes(thought: Mapping[str, Any]) -> dict[str, Any]:
    made = {k: v for k, v in thought.items() if k != "index"}
    if isinstance(made.get("redactedContent"), str):
        made["redactedContent"] = base64.b64decode(made["redactedContent"])
    return made
