"""What every ``Model`` must do; a test module subclasses this with a ``case`` fixture."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from batuta.core.message import Message
from batuta.core.model import Model, ModelReply, ModelRequest


@dataclass(frozen=True, kw_only=True)
class ModelCase:
    """One model, and requests that make it say a text, wish for a tool, and fill a form.

    Args:
        make: Makes the model, ready to answer the three requests in any order.
        shape: The form's type.
    """

    make: Callable[[], Model]
    text: ModelRequest
    wish: ModelRequest
    form: ModelRequest
    shape: type[BaseModel]


class ModelContract:
    """Tests of one model."""

    def test_its_name_is_provider_and_model(self, case: ModelCase) -> None:
        made = case.make()
        assert isinstance(made, Model)
        provider, _, name = made.name.partition(":")
        assert provider
        assert name

    async def test_a_plain_request_gets_text(self, case: ModelCase) -> None:
        reply = await case.make().reply(case.text)
        assert reply.text.strip()
        assert (reply.tool_calls, reply.output, reply.stop_reason) == ((), None, "end")

    async def test_its_pieces_of_text_make_the_whole(self, case: ModelCase) -> None:
        pieces: list[str] = []
        reply = await case.make().reply(case.text, pieces.append)
        assert "".join(pieces) == reply.text

    async def test_a_reply_says_who_gave_it_and_what_it_took(self, case: ModelCase) -> None:
        for request in (case.text, case.wish, case.form):
            reply = await case.make().reply(request)
            assert ":" in reply.model
            usage = reply.usage
            assert usage.input_tokens >= usage.cached_tokens >= 0
            assert usage.output_tokens >= usage.reasoning_tokens >= 0

    async def test_wishes_are_calls_of_the_tools_given(self, case: ModelCase) -> None:
        reply = await case.make().reply(case.wish)
        assert reply.stop_reason == "tool_calls"
        assert reply.tool_calls
        known = {tool.name for tool in case.wish.tools}
        for call in reply.tool_calls:
            assert call.name in known
            assert call.id
            assert call.invalid is None
            assert json.loads(json.dumps(dict(call.arguments))) == call.arguments
        ids = [call.id for call in reply.tool_calls]
        assert len(set(ids)) == len(ids)

    async def test_a_later_wish_of_the_conversation_has_an_id_of_its_own(
        self, case: ModelCase
    ) -> None:
        model = case.make()
        first = await model.reply(case.wish)
        said = Message("assistant", first.text, tool_calls=first.tool_calls)
        results = [Message.tool(call, "{}") for call in first.tool_calls]
        question = case.wish.messages[-1]
        talk = [*case.wish.messages, said, *results, Message.assistant("Done."), question]
        second = await model.reply(ModelRequest(talk, case.wish.tools))
        ids = [call.id for reply in (first, second) for call in reply.tool_calls]
        assert len(set(ids)) == len(ids)

    async def test_a_form_comes_back_filled(self, case: ModelCase) -> None:
        reply = await case.make().reply(case.form)
        assert reply.output is not None
        case.shape.model_validate(reply.output)
        assert reply.tool_calls == ()

    async def test_a_request_is_left_as_it_was(self, case: ModelCase) -> None:
        for request in (case.text, case.wish, case.form):
            before = copy.deepcopy(request)
            await case.make().reply(request)
            assert request == before

    async def test_requests_at_once_do_not_mix(self, case: ModelCase) -> None:
        model = case.make()
        requests = [case.text, case.wish, case.form]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(model.reply(r)) for r in requests]
        kinds = [_kind(task.result()) for task in tasks]
        assert kinds == ["text", "wish", "form"]

    async def test_a_conversation_with_calls_and_results_is_taken(self, case: ModelCase) -> None:
        model = case.make()
        wish = await model.reply(case.wish)
        said = Message("assistant", wish.text, tool_calls=wish.tool_calls)
        results = [
            Message.tool(call, '{"error": "closed", "retry": false}') for call in wish.tool_calls
        ]
        messages = [*case.wish.messages, said, *results]
        reply = await model.reply(ModelRequest(messages, case.wish.tools))
        assert reply.text or reply.tool_calls


def _kind(reply: ModelReply) -> str:
    if reply.tool_calls:
        return "wish"
    return "text" if reply.output is None else "form"
