"""Deciding the next step with tools: ask, look, offer, act, or report.

The rule for effects: act at once only on an explicit and complete first request, or where the user
left the choice open or named the one thing; otherwise offer and wait for a choice or a yes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from batuta.core.model import ModelRequest
from batuta.models.offline.desk import Desk, Found, desks_of, pick_desk
from batuta.models.offline.options import Option, options_said, say_facts, take
from batuta.models.offline.prose import say_done
from batuta.models.offline.schema import Field, empty
from batuta.models.offline.shortlist import Shortlist, shortlist
from batuta.models.offline.speech import ask_for, offer, say_help, say_trouble, say_when
from batuta.models.offline.when_words import normalise, rx
from batuta.models.offline.wish import DONE, Wish, replay

_EXPLICIT = r"\b(?:re-?book|book|reserve|schedule|make|making|set up|hold|secure|borrow|order|rent|hire|get|grab)\b"
_FIRST_FREE = r"\b(?:first available|earliest|soonest|next available|first free)\b"


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next: say ``text``, or call the tool ``name``."""

    text: str = ""
    name: str = ""
    arguments: dict[str, Any] | None = None


def next_step(request: ModelRequest) -> Step:
    """Decide the next step of a conversation with tools."""
    desks = desks_of(request.tools)
    wish = replay(request, desks)
    if wish.turn is None:
        return Step(say_help(desks))
    if request.messages[-1].role == "tool":
        return _after_result(wish, desks)
    return _after_user(wish, desks)


def _doer(wish: Wish, desks: Sequence[Desk]) -> Desk | None:
    return pick_desk(desks, "act", wish.text)


def _finder(wish: Wish, desks: Sequence[Desk]) -> Desk | None:
    return pick_desk(desks, "find", wish.text)


def _after_user(wish: Wish, desks: Sequence[Desk]) -> Step:
    assert wish.turn is not None
    if step := _given_id(wish, desks):
        return step
    match wish.turn.action:
        case "cancel":
            return _cancel(wish, desks)
        case "restart":
            return _restart(wish, desks)
        case "confirm":
            return _confirm(wish, desks)
        case "choose":
            return _act_on(wish, desks, wish.turn.choice or "any")
        case "reject":
            text = (
                "All right."
                if wish.done
                else "All right, nothing is done yet. What would you like instead?"
            )
            return Step(text)
        case "request" | "check":
            return _look(wish, desks)
        case _:
            thanked = rx(r"\b(?:thanks?|thank you|cheers|bye)\b").search(wish.turn.text.lower())
            return Step("You are welcome." if thanked else say_help(desks))


def _given_id(wish: Wish, desks: Sequence[Desk]) -> Step | None:
    """Act on an identifier that the request itself spells out."""
    doer = _doer(wish, desks)
    if doer is None or doer.id_field is None or wish.turn is None:
        return None
    noun = re.escape(doer.id_field.name.split("_")[0])
    m = re.search(
        rf"\b{noun}(?:[ _]id)?:?\s+[\"'`]?([\w./:+-]*\d[\w./:+-]*\w)", wish.turn.text, re.I
    )
    if m is None or wish.turn.action in ("cancel", "reject", "restart"):
        return None
    return Step(name=doer.name, arguments=_arguments(doer, wish, m[1]))


def _cancel(wish: Wish, desks: Sequence[Desk]) -> Step:
    undo = pick_desk(desks, "cancel", wish.turn.text if wish.turn else "")
    if undo is not None and wish.made:
        wanted = undo.id_field
        known = wish.made.get(wanted.name) if wanted else None
        if wanted is not None and known:
            return Step(name=undo.name, arguments={wanted.name: known})
    if wish.done or rx(r"\b(?:booking|reservation|appointment|cancel)\b").search(
        normalise(wish.words[-1] if wish.words else wish.turn.text if wish.turn else "")
    ):
        return Step(
            "I cannot cancel what is already booked from here. Nothing new has been booked."
        )
    return Step("All right, never mind. Nothing has been booked.")


def _restart(wish: Wish, desks: Sequence[Desk]) -> Step:
    missing = _missing(wish, _finder(wish, desks), asked=True)
    return Step("Let us start over. " + (ask_for(missing) if missing else "What would you like?"))


def _confirm(wish: Wish, desks: Sequence[Desk]) -> Step:
    if wish.done:
        return Step("You are all set. Anything else?")
    if "Shall I" in wish.last:
        return _act_on(wish, desks, "any")
    if options_said(wish.last):
        return Step(
            "Which one do you mean? Please name its number, or tell me another day or time."
        )
    missing = _missing(wish, _finder(wish, desks), asked=True)
    if wish.trouble is not None:
        return Step(say_trouble(wish.trouble))
    return Step(ask_for(missing)) if missing else _look(wish, desks)


def _act_on(wish: Wish, desks: Sequence[Desk], pick: str) -> Step:
    """Act on the picked option; look again where its identifier is not known any more."""
    doer = _doer(wish, desks)
    if wish.done and not options_said(wish.last):
        return Step("You are all set. Anything else?")
    if doer is None or wish.found is None:
        return _look(wish, desks)
    listed = shortlist(wish, wish.found)
    chosen = take(pick, listed.options) or take(pick, listed.all)
    return _call(doer, wish, chosen) if chosen else Step(offer(wish, listed, doer))


def _call(doer: Desk, wish: Wish, chosen: Option) -> Step:
    return Step(name=doer.name, arguments=_arguments(doer, wish, chosen.id, chosen))


def _arguments(
    desk: Desk, wish: Wish, identifier: str, chosen: Option | None = None
) -> dict[str, Any]:
    if desk.free_text is not None:
        facts = f" ({chosen.label})" if chosen and chosen.label != identifier else ""
        return {desk.free_text: f"{desk.verb.capitalize()} slot {identifier}{facts}."}
    made: dict[str, Any] = {}
    for each in desk.fields:
        known = chosen.facts.get(each.name) if chosen else None
        value = identifier if each is desk.id_field else _known(each, wish)
        value = value if value is not None else known
        if value is not None or each.required:
            made[each.name] = value if value is not None else empty(each)
    return made


def _known(field: Field, wish: Wish) -> Any:
    if field.is_date:
        return wish.date.isoformat() if wish.date else None
    if field.is_time:
        at = wish.time or (wish.start if wish.part is None and wish.end else None)
        return f"{at:%H:%M}" if at else None
    return wish.values.get(field.name)


def _missing(wish: Wish, desk: Desk | None, *, asked: bool = False) -> list[Field]:
    """List what must be known before looking; a time counts where something is to be done."""
    if desk is None:
        return []
    fields = desk.fields if desk.free_text is None else _DAY_AND_TIME
    only_looking = not asked and wish.turn is not None and wish.turn.action == "check"
    missing: list[Field] = []
    for each in fields:
        if _known(each, wish) is not None or each.is_id:
            continue
        if each.is_time:
            open_time = wish.timed or only_looking or rx(_FIRST_FREE).search(normalise(wish.text))
            if not open_time and not (wish.turn and wish.turn.choice == "any"):
                missing.append(each)
        elif each.required and not each.nullable:
            missing.append(each)
    return missing


def _field(name: str, format: str, *, nullable: bool) -> Field:
    return Field(name, "string", format, "", (), nullable, True, {})


_DAY_AND_TIME = (_field("date", "date", nullable=False), _field("time", "time", nullable=True))


def _look(wish: Wish, desks: Sequence[Desk]) -> Step:
    """Ask for what is missing, else call the finding tool."""
    if wish.trouble is not None:
        return Step(say_trouble(wish.trouble))
    finder = _finder(wish, desks)
    if finder is None:
        return _without_finder(wish, desks)
    if finder.free_text is None and not any(f.is_date for f in finder.fields) and finder.fields:
        needed = [
            f for f in finder.fields if f.required and not f.nullable and _known(f, wish) is None
        ]
    else:
        needed = _missing(wish, finder)
    if needed:
        return Step(ask_for(needed))
    if finder.free_text is not None:
        return Step(name=finder.name, arguments={finder.free_text: _task(wish)})
    arguments = {f.name: _known(f, wish) for f in finder.fields}
    kept = {
        f.name: arguments[f.name]
        for f in finder.fields
        if arguments[f.name] is not None or f.required
    }
    return Step(name=finder.name, arguments=kept)


def _task(wish: Wish) -> str:
    """Put what to look for into one sentence that needs no other context."""
    day = f" on {wish.date.isoformat()}" if wish.date else ""
    at = f" at {wish.time:%H:%M}" if wish.time else ""
    said = say_when(wish)
    window = f", {said.split(' ', 1)[-1]}" if not at and wish.timed and said else ""
    return f"Check which slots are open{day}{at or window}."


def _without_finder(wish: Wish, desks: Sequence[Desk]) -> Step:
    """Hand over to the agent that fits, or act directly where no identifier is needed."""
    doer = _doer(wish, desks)
    handoffs = [d for d in desks if d.use == "handoff"]
    if handoffs and (doer is None or doer.id_field is not None):
        step = pick_desk(
            handoffs, "handoff", f"{wish.text} check available availability open find slots"
        )
        return Step(name=(step or handoffs[0]).name, arguments={})
    if doer is None:
        return Step(say_help(desks))
    if doer.free_text is not None:
        return Step(name=doer.name, arguments={doer.free_text: wish.words[-1]})
    needed = [f for f in doer.fields if f.required and not f.nullable and _known(f, wish) is None]
    if needed:
        return Step(ask_for(needed))
    return Step(name=doer.name, arguments=_arguments(doer, wish, ""))


def _after_result(wish: Wish, desks: Sequence[Desk]) -> Step:
    use, found = wish.results[-1] if wish.results else ("find", Found())
    if use != "find":
        return _after_act(wish, desks, found)
    if found.error is not None:
        return Step(f"I could not look that up: {found.error}")
    return _after_look(wish, desks, found)


def _after_act(wish: Wish, desks: Sequence[Desk], acted: Found) -> Step:
    """Say what was done; after an error look once more, so that others can be offered."""
    if acted.error is None:
        told = say_done(acted.facts) if acted.facts else acted.text.strip()
        return Step(told if told.startswith(DONE) else f"{DONE}: {told}")
    tried = sum(use != "find" for use, _ in wish.results)
    if _finder(wish, desks) is not None and tried == 1 and (wish.date or wish.values):
        return _look(wish, desks)
    return Step(f"I am sorry, that did not work: {acted.error}")


def _after_look(wish: Wish, desks: Sequence[Desk], found: Found) -> Step:
    """Act where the rule for effects allows it, else offer what was found."""
    doer = _doer(wish, desks)
    if not found.options and found.facts and not any(
        isinstance(v, list) for v in found.facts.values()
    ):
        return Step(f"This is what I found: {say_facts(found.facts)}.")
    listed = shortlist(wish, found)
    chosen = _settled(wish, listed)
    if doer is not None and chosen is not None and wish.refused is None:
        return _call(doer, wish, chosen)
    sorry = f"I am sorry, that did not work: {wish.refused.error}\n" if wish.refused else ""
    return Step(sorry + offer(wish, listed, doer))


def _settled(wish: Wish, listed: Shortlist) -> Option | None:
    """Return the option to act on without asking, None where the user must choose."""
    turn, options = wish.turn, listed.options
    if turn is None or not options:
        return None
    if turn.action == "choose":
        return take(turn.choice or "any", options) or take(turn.choice or "any", listed.all)
    if not listed.exact or not wish.sure:
        return None
    if turn.action == "confirm" and "Shall I" in wish.last:
        return options[0]
    if turn.action != "request" or not rx(_EXPLICIT).search(normalise(turn.text)):
        return None
    first_free = rx(_FIRST_FREE).search(turn.text.lower())
    open_choice = turn.choice == "any" and (wish.time is not None or first_free)
    if (wish.first and wish.time is not None) or open_choice:
        return options[0]
    return options[0] if listed.named and len(options) == 1 else None
