"""What a conversation keeps, and another that branches off it at one of its messages."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from batuta.assistant import Ask
from batuta.serve.http.body import read_json, validated
from batuta.serve.http.door import Door, caller_of, door_of
from batuta.serve.http.history import said_of
from batuta.serve.http.problems import Answer, Refused


class BranchRequest(BaseModel):
    """Where a conversation branches off."""

    model_config = ConfigDict(extra="forbid", strict=True)

    before: int = Field(
        description="Place of a message of the user, from 0; their count for all.", ge=0
    )


async def show(request: Request) -> Response:
    """Show what one of the caller's conversations keeps: what was said, and the style's state."""
    caller = await caller_of(request)
    found = await door_of(request).house.sessions.load(request.path_params["session_id"], caller.id)
    said = {
        "session_id": found.id,
        "updated_at": found.updated_at,
        "messages": [each.model_dump() for each in said_of(found.history)],
        "state": found.state,
    }
    return Answer(200, said).response()


async def branch(request: Request) -> Response:
    """Make a conversation of what came before a message of another; that one stays as it is.

    Raises:
        Refused: There is no message of the user at that place.
    """
    caller = await caller_of(request)
    door = door_of(request)
    limits, sessions = door.house.settings, door.house.sessions
    asked = validated(
        BranchRequest, await read_json(request, limits.body_bytes, limits.body_seconds)
    )
    found = await sessions.load(request.path_params["session_id"], caller.id)
    there = found.history[asked.before : asked.before + 1]
    if asked.before > len(found.history) or any(each.role != "user" for each in there):
        detail = f"before: there is no message of the user at place {asked.before}."
        raise Refused(422, "invalid_input", detail)
    made = await door.branches.branch(found, asked.before, door.house.clock.now().isoformat())
    return Answer(201, {"session_id": made.id, "messages": asked.before}).response()


async def mark_state(door: Door, ask: Ask) -> None:
    """Keep what a style has gathered in a conversation by now, for who branches off here later.

    Raises:
        SessionError: The conversation is not the caller's.
    """
    if ask.session_id is not None:
        found = await door.house.sessions.load(ask.session_id, ask.principal.id)
        await door.branches.mark(found)
