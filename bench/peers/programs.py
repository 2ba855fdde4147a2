"""Whom we are measured beside: each with what is installed for it, and what its user imports."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Program(NamedTuple):
    """One way to do the task.

    Args:
        file: Its code; it shows by its functions what it can do, see ``bare.py``.
        requirements: What its environment holds, pinned.
        imports: What its user imports for one agent with tools.
        peer: Whether it is somebody else's framework.
    """

    name: str
    file: Path
    requirements: tuple[str, ...]
    imports: str
    peer: bool = True


def _peer(name: str, imports: str, *requirements: str) -> Program:
    return Program(name, HERE / "others" / f"{name}.py", requirements, imports)


BARE = Program("bare", HERE / "bare.py", (), "import asyncio, json", peer=False)
TYPED = Program(
    "typed",
    HERE / "typed.py",
    ("pydantic==2.14.4", "typing-extensions>=4.15"),
    "import asyncio, pydantic; pydantic.TypeAdapter",
    peer=False,
)
OURS = Program(
    "ours",
    HERE / "ours.py",
    ("pydantic==2.14.4", str(ROOT)),
    "from batuta import FunctionCalling, Message, local_runtime, tool",
    peer=False,
)
PEERS = (
    _peer(
        "pydantic_ai",
        "from pydantic_ai import Agent; from pydantic_ai.models.function import FunctionModel",
        *("pydantic-ai-slim==2.68.0", "pydantic-graph==2.68.0"),
    ),
    _peer(
        "openai_agents", "from agents import Agent, Runner, function_tool", "openai-agents==0.24.0"
    ),
    _peer(
        "langgraph",
        "from langgraph.graph import StateGraph; from langgraph.prebuilt import create_react_agent",
        *("langgraph==1.2.22", "langgraph-prebuilt==1.1.3", "langchain-core==1.8.3"),
    ),
    _peer(
        "agno", "from agno.agent import Agent; from agno.models.base import Model", "agno==3.1.10"
    ),
    _peer(
        "mcp_agent",
        "from mcp_agent.app import MCPApp; from mcp_agent.agents.agent import Agent",
        *("mcp-agent==0.2.6", "mcp==1.30.0"),
    ),
    _peer(
        "agent_framework",
        "from agent_framework import Agent, BaseChatClient, tool",
        *("agent-framework-core==1.23.0", "agent-framework-orchestrations==1.4.0"),
    ),
    _peer("strands", "from strands import Agent, tool", "strands-agents==1.62.0"),
)
PROGRAMS = (BARE, TYPED, OURS, *PEERS)
