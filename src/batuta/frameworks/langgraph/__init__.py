"""Lets LangGraph hold the loop, on our Run; it is imported at first use."""

from typing import TYPE_CHECKING, Any

from batuta.frameworks.langgraph.loop import LangGraphLoop

if TYPE_CHECKING:
    from batuta.frameworks.langgraph.chat_model import RunChatModel

__all__ = ["LangGraphLoop", "RunChatModel"]


def __getattr__(name: str) -> Any:
    if name == "RunChatModel":
        from batuta.frameworks.langgraph.chat_model import RunChatModel

        return RunChatModel
    raise AttributeError(f"module {__name__} has no attribute {name}")
