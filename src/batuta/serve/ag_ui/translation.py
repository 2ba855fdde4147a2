"""A run's events as AG-UI's: agents as subagents, steps, tools, text, thoughts, who decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ag_ui import core as ag
from ag_ui.encoder import EventEncoder

from batuta.core.people import Question
from batuta.core.record import RunRecord
from batuta.core.result import json_text
from batuta.core.trace import Event
from batuta.serve.http.problems import Answer
from batuta.serve.http.spoken import Spoken
from batuta.serve.http.wording import public_event

_TOLD = ("decision", "retry", "warning")
_ENCODER = EventEncoder()


@dataclass(kw_only=True)
class Translation:
    """Writes one run, in order: one event ends it, and all that was opened is closed before.

    Args:
        thread_id: The client's name of the conversation.
        run_id: The client's name of the run.
        reasoning: With summaries of models' thoughts.
        first_run: The client's name of the run that an answer resumes; empty for none.
        told: How many of its model calls' usage was told in runs before.
    """

    thread_id: str
    run_id: str
    reasoning: bool = False
    first_run: str = ""
    told: int = 0
    _spoken: Spoken = field(default_factory=Spoken)
    _subagents: dict[str, str] = field(default_factory=dict[str, str])
    _steps: dict[str, str] = field(default_factory=dict[str, str])
    _calls: set[str] = field(default_factory=set[str])
    _usages: list[Event] = field(default_factory=list[Event])
    _message: str = ""
    _thought: str = ""
    _count: int = 0

    def begin(self, session_id: str) -> bytes:
        """Open the run."""
        started = ag.RunStartedEvent(
            thread_id=self.thread_id, run_id=self.run_id, protocol_version=ag.PROTOCOL_VERSION
        )
        return _written(started, ag.StateSnapshotEvent(snapshot={"session_id": session_id}))

    def event(self, event: Event) -> bytes:
        """Write what an event of the run is here; nothing where it is nothing."""
        if event.kind == "model" and event.usage is not None:
            self._usages.append(event)
        if event.kind == "reasoning":
            return self._thinking(event) if self.reasoning else b""
        if piece := self._spoken.piece(event):
            return self._saying(piece)
        if event.kind == "text":
            return b""
        made = self._of_kind(event)
        return self._silent() + _written(*made) if made else b""

    def interrupt(self, questions: Mapping[str, Question]) -> bytes:
        """Close the run with what it asks its caller, by the interrupt's id."""
        made = self._silent()
        made += _written(*(ag.StepFinishedEvent(step_name=n) for n in self._take_steps("")))
        for span in reversed(list(self._subagents)):
            raised = [*questions] if span == [*self._subagents][-1] else []
            outcome = ag.SubagentFinishedSuspendedOutcome(interrupt_ids=raised)
            made += _written(ag.SubagentFinishedEvent(subagent_run_id=span, outcome=outcome))
        self._subagents.clear()
        return made + _written(
            ag.RunFinishedEvent(
                thread_id=self.thread_id,
                run_id=self.run_id,
                outcome=ag.RunFinishedInterruptOutcome(
                    interrupts=[self._asked(name, each) for name, each in questions.items()]
                ),
                usage=_usage(self._usages),
            )
        )

    @property
    def usages(self) -> int:
        """How many model calls' usage was told once this run is closed."""
        return self.told + len(self._usages)

    @property
    def began(self) -> str:
        """The client's name of the run that tool calls began in."""
        return self.first_run or self.run_id

    def _asked(self, name: str, question: Question) -> ag.Interrupt:
        data = dict(question.message.data or {})
        approval = "tool" in data
        wanted = {"approved": {"type": "boolean"}}
        schema = {"type": "object", "properties": wanted, "required": ["approved"]}
        return ag.Interrupt(
            id=name,
            reason="tool_approval" if approval else "question",
            message=question.message.text,
            tool_call_id=next((f"{self.began}:{c}" for c in self._calls), None),
            response_schema=schema if approval else {"type": "string"},
            metadata=data,
        )

    def end(self, answer: Answer, record: RunRecord | None) -> bytes:
        """Close the run: with its answer, its cost before that, or what went wrong."""
        if record is not None and record.reply is not None:
            rest = self._spoken.rest(record.reply.text)
            said = self._saying(rest) if rest else b""
            return said + self._close() + self._finished(record, answer)
        usage = [] if record is None else self._spent(record)
        closed = self._close()
        if answer.body.get("code") == "cancelled":
            cancelled = ag.RunFinishedEvent(
                thread_id=self.thread_id,
                run_id=self.run_id,
                outcome=ag.RunFinishedCancelledOutcome(),
                usage=usage,
            )
            return closed + _written(cancelled)
        body = answer.body
        error = ag.RunErrorEvent(message=body["detail"], code=body["code"], usage=usage)
        return closed + _written(error)

    def _finished(self, record: RunRecord, answer: Answer) -> bytes:
        told = {
            name: answer.body[name]
            for name in ("run_id", "session_id", "style", "stand_in", "effects", "warnings")
        }
        return _written(
            ag.CustomEvent(name="batuta.cost", value=answer.body["cost"]),
            ag.StateSnapshotEvent(snapshot=told),
            ag.RunFinishedEvent(
                thread_id=self.thread_id,
                run_id=self.run_id,
                result={"reply": answer.body["reply"], "data": answer.body["data"]},
                outcome=ag.RunFinishedSuccessOutcome(),
                usage=self._spent(record),
            ),
        )

    def _spent(self, record: RunRecord) -> list[ag.TokenUsage]:
        calls = [each for each in record.events if each.kind == "model" and each.usage is not None]
        return _usage(calls[self.told :])

    def _of_kind(self, event: Event) -> list[ag.BaseEvent]:
        if event.kind == "agent" and event.parent:
            return self._agent(event)
        if event.kind == "step":
            return self._step(event)
        if event.kind == "tool":
            return self._tool(event)
        if event.kind in _TOLD:
            told = {"by": event.by, "what": event.name, "span": event.span}
            value: dict[str, Any] = {**told, **(public_event(event).get("data") or {})}
            custom = ag.CustomEvent(
                name=f"batuta.{event.kind}", value=value, subagent_run_id=self._within(event.parent)
            )
            return [custom]
        return []

    def _agent(self, event: Event) -> list[ag.BaseEvent]:
        if event.phase == "start":
            self._subagents[event.span] = event.name
            parent = self._within(event.parent)
            return [
                ag.SubagentStartedEvent(
                    subagent_run_id=event.span,
                    name=event.name,
                    parent_subagent_run_id=parent,
                    metadata={"by": event.by},
                )
            ]
        if self._subagents.pop(event.span, None) is None:
            return []
        inner = [ag.StepFinishedEvent(step_name=n) for n in self._take_steps(event.span)]
        if event.error is not None:
            message = str(public_event(event)["error"])
            return [*inner, ag.SubagentErrorEvent(subagent_run_id=event.span, message=message)]
        text = str((event.data or {}).get("text", ""))
        done = ag.SubagentFinishedEvent(subagent_run_id=event.span, result=text)
        return [*inner, done]

    def _step(self, event: Event) -> list[ag.BaseEvent]:
        within = self._within(event.parent)
        if event.phase == "start":
            name = event.name
            if name in self._steps.values():
                name = f"{name} {event.span}"
            self._steps[event.span] = name
            return [ag.StepStartedEvent(step_name=name, subagent_run_id=within)]
        name = self._steps.pop(event.span, "")
        return [ag.StepFinishedEvent(step_name=name, subagent_run_id=within)] if name else []

    def _tool(self, event: Event) -> list[ag.BaseEvent]:
        call_id, within = f"{self.began}:{event.span}", self._within(event.parent)
        data: dict[str, Any] = public_event(event).get("data") or {}
        if event.phase == "start":
            arguments = json_text(data.get("arguments") or {})
            self._calls.add(event.span)
            return [
                ag.ToolCallStartEvent(
                    tool_call_id=call_id,
                    tool_call_name=event.name,
                    subagent_run_id=within,
                    metadata={"by": event.by},
                ),
                ag.ToolCallArgsEvent(tool_call_id=call_id, delta=arguments, subagent_run_id=within),
                ag.ToolCallEndEvent(tool_call_id=call_id, subagent_run_id=within),
            ]
        self._calls.discard(event.span)
        error = public_event(event).get("error")
        content = json_text({"error": error} if error else data.get("result"))
        return [
            ag.ToolCallResultEvent(
                message_id=f"{call_id}:result",
                tool_call_id=call_id,
                content=content,
                subagent_run_id=within,
            )
        ]

    def _within(self, span: str) -> str | None:
        """Give the nearest subagent around a span; None for the run itself."""
        while span:
            if span in self._subagents:
                return span
            span = span.rpartition(".")[0]
        return None

    def _saying(self, piece: str) -> bytes:
        opened = self._thoughtful()
        if not self._message:
            piece = piece.lstrip("\n")
            if not piece:
                return opened
            self._count += 1
            self._message = f"{self.run_id}:message:{self._count}"
            start = ag.TextMessageStartEvent(message_id=self._message, role="assistant")
            opened += _written(start)
        content = ag.TextMessageContentEvent(message_id=self._message, delta=piece)
        return opened + _written(content)

    def _thinking(self, event: Event) -> bytes:
        text = str((event.data or {}).get("text", ""))
        if not text:
            return b""
        made = self._quiet()
        if not self._thought:
            self._count += 1
            self._thought = f"{self.run_id}:thought:{self._count}"
            made += _written(
                ag.ReasoningStartEvent(message_id=self._thought),
                ag.ReasoningMessageStartEvent(message_id=self._thought, role="reasoning"),
            )
        content = ag.ReasoningMessageContentEvent(message_id=self._thought, delta=text)
        return made + _written(content)

    def _quiet(self) -> bytes:
        if not self._message:
            return b""
        ended, self._message = ag.TextMessageEndEvent(message_id=self._message), ""
        return _written(ended)

    def _thoughtful(self) -> bytes:
        if not self._thought:
            return b""
        thought, self._thought = self._thought, ""
        return _written(
            ag.ReasoningMessageEndEvent(message_id=thought),
            ag.ReasoningEndEvent(message_id=thought),
        )

    def _silent(self) -> bytes:
        return self._quiet() + self._thoughtful()

    def _take_steps(self, span: str) -> list[str]:
        inside = [each for each in self._steps if not span or each.startswith(f"{span}.")]
        return [self._steps.pop(each) for each in reversed(inside)]

    def _close(self) -> bytes:
        """Close what is still open, the innermost first."""
        made = self._silent()
        for name in reversed(list(self._steps.values())):
            made += _written(ag.StepFinishedEvent(step_name=name))
        for span in reversed(list(self._subagents)):
            cut = ag.SubagentErrorEvent(subagent_run_id=span, message="It was cut short.")
            made += _written(cut)
        self._steps.clear()
        self._subagents.clear()
        return made


def _usage(calls: Sequence[Event]) -> list[ag.TokenUsage]:
    """Give what each model used, which no two of them count both."""
    used: dict[str, Any] = {}
    for event in calls:
        known = used.get(event.name)
        used[event.name] = event.usage if known is None else known + event.usage
    made: list[ag.TokenUsage] = []
    for name, usage in used.items():
        provider, _, model = name.rpartition(":")
        made.append(
            ag.TokenUsage(
                provider=provider or None,
                model=model,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                total_tokens=usage.total_tokens,
                reasoning_tokens=usage.reasoning_tokens,
                cached_input_tokens=usage.cached_tokens,
                cache_write_input_tokens=usage.cache_write_tokens,
            )
        )
    return made


def _written(*events: ag.BaseEvent) -> bytes:
    return "".join(map(_ENCODER.encode, events)).encode("utf-8", "replace")
