"""Deciding the next step with tools: ask, look, offer, act, or report.

The rule for effects: act at once only on an explicit and complete first request, or where the user
left the choice open or named the one thing; otherwise offer and wait for a choice or a yes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from batuta.core.model import ModelRequest
from batuta.offline.calls import (
    FIRST_FREE,
    act_arguments,
    known,
    look_arguments,
    missing_for,
    spelt_id,
)
from batuta.offline.caution import (
    ENGLISH_ONLY,
    STRONG,
    say_ambiguous,
    say_doubt,
    say_elsewhere,
    say_open,
    say_told,
    say_unsure,
)
from batuta.offline.desk import OfferedTool, ReadResult, desks_of, pick_desk
from batuta.offline.doubt import (
    is_explicit,
)
from batuta.offline.intent import Action
from batuta.offline.intent_words import PRICE
from batuta.offline.leftover import is_noise
from batuta.offline.options import (
    ListedOption,
    invites_yes,
    options_said,
    say_facts,
    take,
)
from batuta.offline.shortlist import Shortlist, shortlist
from batuta.offline.speech import (
    OPEN_CHOICE,
    ask_for,
    offer,
    say_help,
    say_trouble,
)
from batuta.offline.table import Table
from batuta.offline.when_words import rx
from batuta.offline.wish import PendingRequest, replay, tell_done

MOST_ANSWERED = 4
"""Words of an answer to a specialist's question."""
ASKED = r"^Which \w+ would you like\?$"
ASIDE = rf"\?|\b(?:thanks?|thank you|cheers|bye|no|not|n't|never|maybe)\b|{PRICE}"
_ALL_SET = "You are all set. Anything else?"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next: say ``text``, or call the tool ``name``."""

    text: str = ""
    name: str = ""
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


def next_step(request: ModelRequest) -> NextStep:
    """Decide the next step of a conversation with tools."""
    desks = desks_of(request.tools)
    wish = replay(request, desks)
    if wish.turn is None:
        return NextStep(say_help(desks))
    table = Table(wish, wish.turn, desks)
    after_result = request.messages[-1].role == "tool" and bool(wish.results)
    step = _after_result(table) if after_result else _after_user(table)
    return NextStep("\n".join([*wish.just, step.text])) if step.text and wish.just else step


def _after_user(table: Table) -> NextStep:
    if step := _spelt_out(table) or _held_back(table):
        return step
    act = _DEALT_WITH.get(table.turn.action)
    if act is None and _answers_specialist(table):
        act = _look
    return act(table) if act else NextStep(_talk(table))


def _answers_specialist(table: Table) -> bool:
    """Say whether a short text answers what a specialist asked, whose fields are not seen here."""
    wish, finder = table.wish, table.finder
    asked = finder is not None and finder.free_text is not None and bool(wish.date)
    plain = table.turn.doubt is None and not rx(ASIDE).search(table.turn.text.lower())
    brief = len(table.turn.text.split()) <= MOST_ANSWERED
    return asked and plain and brief and bool(rx(ASKED).search(wish.last.strip()))


def _choose(table: Table) -> NextStep:
    return _act_on(table, table.turn.choice or "any")


def _reject(table: Table) -> NextStep:
    instead = "All right, nothing is done yet. What would you like instead?"
    return NextStep("All right." if table.wish.done else instead)


def _recall(table: Table) -> NextStep:
    return NextStep(say_told(table.wish, table.wish.premises.elsewhere))


def _change(table: Table) -> NextStep:
    told = "I cannot change what is already done from here. Nothing new has been done."
    return NextStep(told + say_elsewhere(table.wish.premises.elsewhere))


def _talk(table: Table) -> str:
    """Answer what is neither a wish nor an answer to an offer."""
    wish, said = table.wish, table.turn.text.lower()
    if table.turn.doubt is not None and table.turn.doubt.kind == "language":
        return ENGLISH_ONLY
    thanked = bool(rx(r"\b(?:thanks?|thank you|cheers|bye)\b").search(said))
    if rx(PRICE).search(said):
        told = (
            f"I do not know that: my tools do not tell me.{say_elsewhere(wish.premises.elsewhere)}"
        )
        return f"{told}{say_open(wish, table.verb, binding=True)}"
    if table.turn.doubt is not None:
        return say_ambiguous(table.turn.doubt.left)
    if not wish.done and (invites_yes(wish.last) or options_said(wish.last)):
        starts = [option.start for option in options_said(wish.last)]
        half = "pm" if starts and min(starts) >= "12" else "am"
        noise = is_noise(table.turn.marked, wish.premises.nouns | {half})
        return say_unsure(wish, table.verb, thanked=thanked, noise=noise)
    return "You are welcome." if thanked else say_help(table.desks)


def _held_back(table: Table) -> NextStep | None:
    """Say back a request that must not be acted upon as it stands."""
    if table.turn.action != "request" or table.doer is None:
        return None
    doubt = table.doubt(heard=True)
    if doubt is None or doubt.kind not in STRONG:
        return None
    return NextStep(say_doubt(doubt, table.wish, table.doer.verb))


def _spelt_out(table: Table) -> NextStep | None:
    """Act on an identifier that the request itself spells out."""
    doer = table.doer
    if doer is None or table.turn.action in ("cancel", "reject", "restart"):
        return None
    identifier = spelt_id(doer, table.turn.text, alone=table.finder is None)
    named = doer.id_field.name.replace("_", " ") if doer.id_field else ""
    if identifier is None or table.doubt(identifier, named) is not None:
        return None
    return NextStep(name=doer.name, arguments=act_arguments(doer, table.wish, identifier))


def _cancel(table: Table) -> NextStep:
    undo = pick_desk(table.desks, "cancel", table.turn.text)
    wanted = undo.id_field if undo else None
    made = table.wish.made.get(wanted.name) if wanted else None
    if undo is not None and wanted is not None and made:
        return NextStep(name=undo.name, arguments={wanted.name: made})
    about_done = rx(r"\b(?:booking|reservation|appointment|cancel\w*|booked)\b")
    if table.wish.done or about_done.search(table.turn.text.lower()):
        told = "I cannot cancel what is already done from here. Nothing new has been done."
        return NextStep(told + say_elsewhere(table.wish.premises.elsewhere))
    return NextStep("All right, never mind. Nothing has been done.")


def _restart(table: Table) -> NextStep:
    missing = missing_for(table.finder, table.wish, asked=True)
    if missing or not table.turn.when.said:
        return NextStep(
            f"Let us start over. {ask_for(missing) if missing else 'What would you like?'}"
        )
    return _look(table)


def _confirm(table: Table) -> NextStep:
    wish = table.wish
    if wish.done:
        return NextStep(_ALL_SET)
    if invites_yes(wish.last):
        return _act_on(table, "any")
    if options := options_said(wish.last):
        lines = [f"{n}. {o.label}" for n, o in enumerate(options, 1)]
        return NextStep("\n".join(["I need to know which one you mean:", *lines, OPEN_CHOICE]))
    if wish.trouble is not None:
        return NextStep(say_trouble(wish.trouble))
    missing = missing_for(table.finder, wish, asked=True)
    return NextStep(ask_for(missing)) if missing else _look(table)


def _act_on(table: Table, pick: str) -> NextStep:
    """Act on the picked option; look again where its identifier is not known any more."""
    wish, doer = table.wish, table.doer
    if wish.done and not options_said(wish.last):
        return NextStep(_ALL_SET)
    if doer is None or wish.found is None:
        return _look(table)
    listed = shortlist(wish, wish.found)
    chosen = take(pick, listed.options) or take(pick, listed.all)
    if chosen is None or (pick == "any" and not _was_said_first(chosen, wish.last)):
        return NextStep(offer(wish, listed, doer, unread=table.unread(listed)))
    return _call(doer, wish, chosen)


def _was_said_first(option: ListedOption, last: str) -> bool:
    """Say whether an option is the first of those that were offered, to which a yes speaks."""
    said = options_said(last)
    return not said or said[0].label.startswith(" ".join(option.label.split()))


def _call(doer: OfferedTool, wish: PendingRequest, chosen: ListedOption) -> NextStep:
    arguments = act_arguments(doer, wish, chosen.id, chosen=chosen)
    return NextStep(name=doer.name, arguments=arguments)


def _look(table: Table) -> NextStep:
    """Ask for what is missing, else call the finding tool."""
    wish, finder = table.wish, table.finder
    if wish.trouble is not None:
        return NextStep(say_trouble(wish.trouble))
    if finder is None:
        return _without_finder(table)
    if missing := missing_for(finder, wish):
        return NextStep(ask_for(missing))
    return NextStep(name=finder.name, arguments=look_arguments(finder, wish))


def _without_finder(table: Table) -> NextStep:
    """Hand over to the agent that fits, or act directly where no identifier is needed."""
    doer, wish = table.doer, table.wish
    handoffs = [d for d in table.desks if d.use == "handoff"]
    if handoffs and (doer is None or doer.id_field is not None):
        about = f"{wish.text} check available availability open find slots"
        step = pick_desk(handoffs, "handoff", about) or handoffs[0]
        return NextStep(name=step.name)
    if doer is None:
        return NextStep(say_help(table.desks))
    if doer.free_text is not None:
        return NextStep(name=doer.name, arguments={doer.free_text: wish.words[-1]})
    needed = [f for f in doer.fields if f.required and not f.nullable and known(f, wish) is None]
    if needed:
        return NextStep(ask_for(needed))
    return NextStep(name=doer.name, arguments=act_arguments(doer, wish, ""))


def _after_result(table: Table) -> NextStep:
    use, found = table.wish.results[-1] if table.wish.results else ("find", ReadResult())
    if use != "find":
        return _after_act(table, found)
    if found.error is not None:
        again = " Would you like another day or time?" if table.wish.date else ""
        return NextStep(f"I am sorry, that is not possible: {found.error}{again}")
    return _after_look(table, found)


def _after_act(table: Table, acted: ReadResult) -> NextStep:
    """Say what was done; after an error look once more, so that others can be offered."""
    if acted.error is None:
        return NextStep(tell_done(table.wish, acted))
    tried = sum(use != "find" for use, _ in table.wish.results)
    wish, finder = table.wish, table.finder
    if tried == 1 and finder is not None and not missing_for(finder, wish) and not wish.trouble:
        return _look(table)
    return NextStep(f"I am sorry, that did not work: {acted.error}")


def _after_look(table: Table, found: ReadResult) -> NextStep:
    """Act where the rule for effects allows it, else offer what was found."""
    wish, doer = table.wish, table.doer
    lists = any(isinstance(v, list) for v in found.facts.values())
    if not found.options and found.facts and not lists:
        return NextStep(f"This is what I found: {say_facts(found.facts)}.")
    if not found.options and not found.facts and found.text.strip() not in _EMPTY:
        return NextStep(found.text.strip())
    listed = shortlist(wish, found)
    chosen = _settled(table, listed)
    if doer is not None and chosen is not None and wish.refused is None:
        doubt = table.doubt() or table.unnamed(chosen) if table.turn.action == "request" else None
        if doubt is not None:
            return NextStep(say_doubt(doubt, wish, doer.verb))
        return _call(doer, wish, chosen)
    sorry = f"I am sorry, that did not work: {wish.refused.error}\n" if wish.refused else ""
    return NextStep(sorry + offer(wish, listed, doer, unread=table.unread(listed)))


_EMPTY = ("", "[]", "{}", "null", '""')
"""What a tool gives that has found nothing: JSON that is nobody's answer."""


def _settled(table: Table, listed: Shortlist) -> ListedOption | None:
    """Return the option to act on without asking, None where the user must choose."""
    wish, turn, options = table.wish, table.turn, listed.options
    if not options:
        return None
    if turn.action == "choose":
        pick = turn.choice or "any"
        return take(pick, options) or take(pick, listed.all)
    if not listed.exact or not wish.sure:
        return None
    if turn.action == "confirm":
        return options[0] if invites_yes(wish.last) else None
    return options[0] if _is_clear(table, listed) else None


def _is_clear(table: Table, listed: Shortlist) -> bool:
    """Say whether the user's own words settle which option to act on."""
    wish, turn = table.wish, table.turn
    if turn.action != "request" or not is_explicit(turn.marked):
        return False
    first_free = rx(FIRST_FREE).search(turn.text.lower())
    open_choice = turn.choice == "any" and (wish.time is not None or bool(first_free))
    complete = wish.first and wish.time is not None
    return complete or open_choice or (listed.named and len(listed.options) == 1)


_DEALT_WITH: dict[Action, Callable[[Table], NextStep]] = {
    "cancel": _cancel,
    "restart": _restart,
    "confirm": _confirm,
    "choose": _choose,
    "reject": _reject,
    "request": _look,
    "check": _look,
    "recall": _recall,
    "change": _change,
}
