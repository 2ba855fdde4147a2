"""A small application of its own: a ferry's tickets, found by day and bought by sailing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

from batuta.app import App
from batuta.core.model import ModelReply
from batuta.core.principal import LOCAL, Principal
from batuta.core.record import RunRecord
from batuta.core.tool import Tool, tool
from batuta.errors import ToolFailed, ToolRetry
from batuta.intake.form import Found, Intake, Option
from batuta.testing.scripted import ScriptedModel


class Wanted(BaseModel):
    """What a passenger may say."""

    day: str | None = Field(None, description="The day.")
    seats: int | None = Field(None, description="How many seats.")


@dataclass
class Harbour:
    """The sailings of each day that are not full, and the tickets sold."""

    free: dict[str, list[str]] = field(
        default_factory=lambda: {
            "monday": ["Sea Gull 09:00", "Sea Gull 14:00", "Heron 14:00"],
            "tuesday": ["Heron 09:00"],
            "friday": [],
        }
    )
    sold: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    broken: Exception | None = None

    def tools(self) -> tuple[Tool, Tool]:
        """Give the two tools: to find sailings, and to buy a ticket."""

        @tool
        async def find_sailings(day: str, seats: int) -> dict[str, Any]:
            """Find sailings that are not full.

            Args:
                day: The day.
                seats: How many seats.
            """
            if self.broken is not None:
                raise self.broken
            if day not in self.free:
                raise ToolRetry("find_sailings", f"There is no ferry on {day}.", ("day",))
            if seats > 4:
                return {"sailings": self.free["tuesday"], "exact": False}
            return {"sailings": list(self.free[day]), "exact": True}

        @tool(effect="write", key=("sailing",))
        async def buy(sailing: str, who: Principal) -> dict[str, str]:
            """Buy a ticket for a sailing."""
            if self.broken is not None:
                raise self.broken
            for sailings in self.free.values():
                if sailing in sailings:
                    self.sold.append((who.id, sailing))
                    return {"ticket": f"T{len(self.sold)}", "sailing": sailing}
            raise ToolFailed("buy", f"{sailing} is full.")

        return find_sailings, buy

    def intake(self) -> Intake:
        find, buy = self.tools()
        return Intake(
            fields=Wanted,
            questions={"day": "Which day?", "seats": "How many seats?"},
            find=find,
            act=buy,
            argument="sailing",
            options=_read,
            done="Ticket {ticket} for {sailing}.",
            offer="Which sailing?",
            help="I sell ferry tickets.",
        )


def _read(result: Any) -> Found:
    options = tuple(Option(sailing, sailing) for sailing in result["sailings"])
    note = "" if result["exact"] and options else "Nothing exact."
    return Found(options, result["exact"] and bool(options), note)


def said(action: str = "request", choice: str | None = None, **fields: Any) -> ModelReply:
    """Make a model's reading of one message."""
    made = {"action": action, "choice": choice, **fields}
    return ModelReply(output=made, model="scripted:lines", stand_in=True)


class Passenger:
    """Talks to the ferry's assistant under one style, with a model that says what it is told."""

    def __init__(
        self, style: str, *lines: Any, harbour: Harbour | None = None, **more: Any
    ) -> None:
        self.harbour = harbour or Harbour()
        self.model = ScriptedModel(lines)
        intake = self.harbour.intake()
        given = {k: more.pop(k) for k in ("hooks", "budget", "steps", "models") if k in more}
        app = App(
            name="ferry", instructions="Sell tickets.", tools=(intake.find, intake.act),
            intake=intake, **given,
        )  # fmt: skip
        self.assistant = app.assistant(style, model=self.model, **more)
        self.session_id: str | None = None
        self.last: RunRecord | None = None

    async def says(self, text: str = "…", principal: Principal = LOCAL) -> str:
        """Say something and give the answer, or the error's code."""
        record = await self.assistant.chat(text, self.session_id, principal=principal)
        self.last = record
        if record.reply is not None:
            self.session_id = record.session_id
        return record.text if record.error is None else f"error: {record.error['code']}"

    @property
    def sold(self) -> list[str]:
        """Sailings for which tickets were sold."""
        return [sailing for _, sailing in self.harbour.sold]

    @property
    def record(self) -> RunRecord:
        """The last turn's record."""
        assert self.last is not None
        return self.last

    def decisions(self) -> list[tuple[str, str]]:
        """What was decided in the last turn, and by whom."""
        return [(e.name, e.by) for e in self.record.events if e.kind == "decision"]
