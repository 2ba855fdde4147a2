"""The routes of people: what waits for one to answer, and the answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from batuta.serve.http.body import read_json, validated
from batuta.serve.http.chat import Caller
from batuta.serve.http.door import door_of
from batuta.serve.http.problems import Answer, Refused
from batuta.serve.http.schemas import OpenQuestion, PersonAnswer, Questions


async def list_questions(request: Request, caller: Caller) -> Response:
    """List the runs that wait for a person: those put to the caller, and the caller's own.

    Of one's own runs one sees whom they wait for; whom a question is put to may answer it.
    """
    door = door_of(request)
    own = {live.run_id for live in door.runs.of(caller.id)}
    waiting = [
        OpenQuestion(
            run_id=question.run_id,
            person=question.person,
            question=question.message.text,
            data=dict(question.message.data or {}),
            yours=question.person == caller.id,
        )
        for question, _ in await door.house.questions()
        if question.person == caller.id or question.run_id in own
    ]
    return Answer(200, Questions(questions=waiting).model_dump()).response()


async def answer_question(request: Request, run_id: str, caller: Caller) -> Response:
    """Answer the oldest question that a run puts to the caller; the run then goes on."""
    door = door_of(request)
    limits = door.house.settings
    raw = await read_json(request, limits.body_bytes, limits.body_seconds)
    given = validated(PersonAnswer, raw)
    for question, runtime in await door.house.questions():
        if (question.run_id, question.person) == (run_id, caller.id):
            await runtime.answer(run_id, given.text, caller.id)
            return Response(status_code=204)
    detail = "No such run waits for your answer."
    raise Refused(404, "question_not_found", detail)
