"""A graph of LangGraph's as a member: what it asks and does is told by its callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage
from langgraph.graph.state import CompiledStateGraph  # pyright: ignore[reportMissingTypeStubs]
from langgraph.types import Command

from batuta.core.ids import new_id
from batuta.errors import ConfigError
from batuta.frameworks.langgraph.drive import tracing_context
from batuta.frameworks.langgraph.messages import to_library
from batuta.frameworks.langgraph.watch import GraphThreadWatch, GraphWatch

if TYPE_CHECKING:
    from langgraph.types import Interrupt

    from batuta.frameworks.foreign import ForeignTurn


def name_of(graph: Any) -> str:
    """Give the graph's own name."""
    return "" if graph.name == "LangGraph" else graph.name


def check(graph: Any) -> None:
    """See that it is a compiled graph that talks.

    Raises:
        ConfigError: It is not compiled, or its state has no messages.
    """
    if not isinstance(graph, CompiledStateGraph):
        raise ConfigError(f"A {type(graph).__name__} does not run", "Compile it: graph.compile().")
    if "messages" not in cast("Any", graph).channels:
        raise ConfigError(
            "The state of the graph has no messages",
            "Give it some, as MessagesState has, or call the graph in a FunctionAgent.",
        )


async def answer(graph: Any, turn: ForeignTurn) -> Any:
    """Let the library run it, and a person answer where it interrupts.

    Raises:
        ConfigError: It interrupts and has no checkpointer to go on from.
    """
    watch = GraphWatch(turn)
    config: Any = {
        "callbacks": [watch, GraphThreadWatch(watch, turn)],
        "configurable": {"thread_id": new_id("thread")},
    }
    try:
        with tracing_context(enabled=False):
            state = await _run(graph, config, turn)
    finally:
        watch.close()
    structured = state.get("structured_response")
    return _last_words(state["messages"]) if structured is None else structured


async def _run(graph: Any, config: Any, turn: ForeignTurn) -> dict[str, Any]:
    """Run it to its end, through its interrupts."""
    given: Any = {"messages": to_library(turn.history())}
    while True:
        state = await graph.ainvoke(given, config=config, context=turn.context)
        held: list[Interrupt] = state.get("__interrupt__") or []
        if not held:
            return state
        if graph.checkpointer is None:
            raise ConfigError(
                f"Graph {turn.terms.name} interrupts, and has no checkpointer to go on from",
                "Compile it with one, such as InMemorySaver().",
            )
        given = Command(resume={one.id: await _answered(one.value, turn) for one in held})


def _last_words(messages: list[Any]) -> str:
    said = [message for message in messages if isinstance(message, AIMessage)]
    return said[-1].text if said else ""


async def _answered(value: Any, turn: ForeignTurn) -> Any:
    """Have a person answer an interrupt: yes or no to calls, or in words."""
    told = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    wanted: list[dict[str, Any]] | None = told.get("action_requests")
    if not wanted:
        return await turn.answered(value)
    return {
        "decisions": [
            {"type": "approve"}
            if await turn.permitted(one["name"], one["args"])
            else {"type": "reject", "message": "Not done: a person said no."}
            for one in wanted
        ]
    }
