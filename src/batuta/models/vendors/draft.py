"""A reply in the making: what every wire folds its answer into, whole or event by event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batuta.core.ids import new_id
from batuta.core.message import ToolCall, VendorPart
from batuta.core.model import STAND_IN_SUFFIX, ModelReply, Spent, Usage, ignore
from batuta.core.slots import new_list
from batuta.errors import ModelCut, ModelRefused, ModelReplyInvalid
from batuta.models.vendors.arguments import arguments_of
from batuta.models.vendors.finish import finish_of, stop_of
from batuta.models.vendors.names import ToolNames, legal_name
from batuta.models.vendors.usage import NOT_TOLD, ToldUsage

if TYPE_CHECKING:
    from batuta.core.model import Emit, ModelRequest
    from batuta.models.vendors.reasoning import TaggedThoughts

_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL | re.IGNORECASE)
_PATH = re.compile(r"^[/.~\\]|^[A-Za-z]:\\|\.gguf$")
_DECODER = json.JSONDecoder()
_MOST_STARTS = 50


@dataclass(slots=True)
class DraftCall:
    """A call as far as it came; its arguments are text in pieces, or whole data.

    Args:
        index: The vendor's own number for it.
    """

    id: str
    name: str
    index: object = None
    pieces: list[str] = field(default_factory=new_list)
    whole: object = None

    def arguments(self) -> object:
        """Give what came of its arguments."""
        return "".join(self.pieces) if self.pieces else self.whole


@dataclass(slots=True)
class ReplyDraft:
    """What has come of a reply so far.

    Args:
        name: The model asked, as ``provider:model``.
        silent: True where its text is data that nobody hears.
        family: Whose opaque parts it gives.
        thoughts: Takes thoughts out of the text; None where the wire has a place for them.
        opened: Whether the answer had begun.
        finish: Why it ended, in the vendor's word.
        ended: Whether the vendor said that it was over, in whatever way.
        aloud: Takes each piece of a summary of its thoughts.
        most: Tokens that it may have; 0 where that is not known.
    """

    name: str
    emit: Emit
    silent: bool = False
    family: str = ""
    thoughts: TaggedThoughts | None = None
    opened: bool = False
    texts: list[str] = field(default_factory=new_list)
    chars: int = 0
    calls: list[DraftCall] = field(default_factory=new_list)
    parts: list[VendorPart] = field(default_factory=new_list)
    refusal: list[str] = field(default_factory=new_list)
    usage: ToldUsage = NOT_TOLD
    finish: str = ""
    ended: bool = False
    model: str = ""
    tier: str = ""
    pieces: int = 0
    thought: bool = False
    aloud: Emit = ignore
    most: int = 0
    summary: list[str] = field(default_factory=new_list)

    def reason(self, piece: object) -> None:
        """Add a piece of a summary of its thoughts, which are no part of the answer."""
        if isinstance(piece, str) and piece:
            self.summary.append(piece)
            self.aloud(piece)

    def say(self, piece: object) -> None:
        """Add a piece of text; what is no text, such as null, adds nothing."""
        if not isinstance(piece, str) or not piece:
            return
        if self.thoughts is not None:
            alone = self.thoughts.closed_alone
            piece = self.thoughts.take(piece)
            if self.thoughts.closed_alone and not alone:
                self.texts.clear()
                self.chars = 0
            self.thought = self.thought or self.thoughts.begun
            if not piece:
                return
        self._heard(piece)

    def call(self, call_id: object, name: object, index: object = None) -> DraftCall:
        """Begin a call."""
        made = DraftCall(_word(call_id), _word(name), index)
        self.calls.append(made)
        return made

    def used(self, usage: ToldUsage) -> None:
        """Take the usage told last: totals so far, not more on top."""
        if usage.told or not self.usage.told:
            self.usage = usage

    def by(self, model: object) -> None:
        """Take the name under which the model answers; a file's path is none."""
        if isinstance(model, str) and model and not _PATH.search(model):
            self.model = model

    def part(self, data: Mapping[str, Any], *, on_call: bool = False) -> None:
        """Keep what the vendor wants back at this place.

        Args:
            on_call: It belongs to the last call rather than after it.
        """
        place = len(self.calls) - (1 if on_call else 0)
        self.parts.append(VendorPart(self.family, data, self.chars, place))

    def think(self) -> None:
        """Note thoughts in a place of their own: there are none in the text then."""
        self.thought = True
        if self.thoughts is not None:
            told = self.thoughts.release()
            if told:
                self._heard(told)

    def stop_thinking(self, *, cut: bool) -> None:
        """Say what was held back, at the end of the text.

        Args:
            cut: Its limit ended it.
        """
        if self.thoughts is not None:
            rest = self.thoughts.end(cut=cut)
            self.thought = self.thought or self.thoughts.begun
            if rest:
                self._heard(rest)

    def _heard(self, piece: str) -> None:
        self.texts.append(piece)
        self.chars += len(piece)
        self.pieces += 1
        self.emit(piece)

    @property
    def answered_by(self) -> str:
        """The model that answered, with the provider that was asked."""
        return f"{self.name.partition(':')[0]}:{self.model}" if self.model else self.name

    def spent(self, *, told: bool = False) -> tuple[Spent, ...]:
        """Give what is known of what it used."""
        return (Spent(self.answered_by, self.usage.usage, told, self.tier),)


def reply_of(draft: ReplyDraft, request: ModelRequest) -> ModelReply:
    """Turn a draft that has ended into a reply.

    Raises:
        ModelRefused: It declined, and did not say so in words for the user.
        ModelCut: The vendor says that it broke off.
        ModelReplyInvalid: It is empty, and its limit is why.
    """
    finish = finish_of(draft.finish)
    draft.stop_thinking(cut=finish == "length")
    if finish == "broken":
        raise ModelCut(
            draft.name, f"the provider broke off the reply ({draft.finish})", heard=False
        )
    stop = (
        "refused"
        if draft.refusal and not draft.texts
        else stop_of(finish, called=bool(draft.calls))
    )
    text, calls = "".join(draft.texts), draft.calls
    output: Mapping[str, Any] | None = None
    if request.output is not None:
        text, calls, output = _structured(text, calls, request.output.name)
        if stop == "length" and _given_as_data(draft.calls):
            output = None  # what a vendor made of half of it looks whole
    if stop == "refused":
        text = _refused(draft, text, request)
    if stop == "length" and not (text.strip() or calls or output is not None):
        raise _nothing_within(draft)
    usage, answered = draft.usage, draft.answered_by
    wishes = _calls(calls, request) if calls else ()
    return ModelReply(
        text=text,
        tool_calls=wishes,
        output=output,
        usage=usage.usage,
        stop_reason="end" if stop == "tool_calls" and not wishes else stop,
        model=answered,
        usage_told=usage.told,
        # A stand-in server says so by the name it answers under, and never passes for the vendor.
        stand_in=answered.endswith(STAND_IN_SUFFIX),
        parts=tuple(draft.parts),
        service_tier=draft.tier,
        reasoning="".join(draft.summary),
    )


def _given_as_data(calls: list[DraftCall]) -> bool:
    """Whether the last call came as data, not as the text that the model wrote."""
    return bool(calls) and isinstance(calls[-1].arguments(), Mapping)


def _refused(draft: ReplyDraft, text: str, request: ModelRequest) -> str:
    """Give the words of a refusal.

    Raises:
        ModelRefused: There are none, or data was wanted.
    """
    said = text or "".join(draft.refusal)
    if said and request.output is None:
        return said
    detail = f"refused to answer: {said}" if said else "refused to answer"
    error = ModelRefused(draft.answered_by, detail)
    error.spent = draft.spent(told=draft.usage.told)
    raise error


def _nothing_within(draft: ReplyDraft) -> ModelReplyInvalid:
    """Say that the limit was used up before a word was said, and by what."""
    used: Usage = draft.usage.usage
    thought = (
        f", of which {used.reasoning_tokens:,} went to reasoning" if used.reasoning_tokens else ""
    )
    if not thought and draft.thought:
        thought = ", and it only thought"
    error = ModelReplyInvalid(
        draft.answered_by,
        f"reply is empty: it was cut off at {_limit(draft)}{thought}",
        mend="Raise max_output_tokens, or let it think less.",
    )
    error.spent = draft.spent(told=draft.usage.told)
    return error


def _limit(draft: ReplyDraft) -> str:
    return f"the limit of {draft.most:,} output tokens" if draft.most else "its limit"


def _word(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _structured(
    text: str, calls: list[DraftCall], name: str
) -> tuple[str, list[DraftCall], Mapping[str, Any] | None]:
    """Find the structured reply: in a call of the output's own tool, else in the text."""
    own = legal_name(name)
    called = [call for call in calls if call.name in {own, name}]
    others = [call for call in calls if call.name not in {own, name}]
    if called:
        read = arguments_of(called[0].arguments())
        if read.invalid is None:
            return text, others, read.given
        return read.invalid or text, others, None
    return text, others, json_in(text)


def json_in(text: str) -> dict[str, Any] | None:
    r"""Find the JSON object in a text: the whole of it, in a fence, or within prose.

    >>> json_in('Here is the JSON:\n```json\n{"day": "Monday"}\n```\nAnything else?')
    {'day': 'Monday'}
    """
    text = text.strip().removeprefix("\ufeff").strip()
    if not text:
        return None
    for part in (text, *_FENCE.findall(text)):
        try:
            value: object = json.loads(part)
        except ValueError:
            continue
        if isinstance(value, str) and value != part:  # JSON in JSON
            return json_in(value)
        return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType]
    return _json_within(text)


def _json_within(text: str) -> dict[str, Any] | None:
    """Find the object that stands in prose; of several the last, which comes after thoughts."""
    found: dict[str, Any] | None = None
    place, starts = text.find("{"), 0
    while place >= 0 and starts < _MOST_STARTS:
        starts += 1
        try:
            value, end = _DECODER.raw_decode(text, place)
        except ValueError:
            end = place + 1
        else:
            found = value or found
        place = text.find("{", end)
    return found


def _calls(drafts: list[DraftCall], request: ModelRequest) -> tuple[ToolCall, ...]:
    """Turn drafts into calls, each with an id that the conversation does not know yet."""
    known = {call.id for message in request.messages for call in message.tool_calls}
    names = ToolNames(tool.name for tool in request.tools)
    made: list[ToolCall] = []
    for draft in drafts:
        if not draft.name and draft.arguments() in (None, ""):
            continue  # a call of nothing
        call_id = draft.id
        if not call_id or call_id in known:
            call_id = new_id("call")
        known.add(call_id)
        read = arguments_of(draft.arguments())
        made.append(ToolCall(call_id, names.ours(draft.name), read.given, read.invalid))
    return tuple(made)
