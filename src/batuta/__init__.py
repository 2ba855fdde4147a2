"""Batuta: who decides which function is called, and when?

The public names, each imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batuta.control.ai_service import AIService
    from batuta.control.function_calling import FunctionCalling
    from batuta.control.manager import Manager
    from batuta.control.single_agent import SingleAgent
    from batuta.control.workflow import Workflow
    from batuta.core.agent import Agent, FunctionAgent
    from batuta.core.app import App, Scenario, Specialist
    from batuta.core.assistant import Assistant, Limits
    from batuta.core.budget import Budget
    from batuta.core.clock import Clock, FixedClock, ManualClock, SystemClock
    from batuta.core.intake import Found, Intake, Option
    from batuta.core.loop import Delegate
    from batuta.core.message import Message, ToolCall
    from batuta.core.model import Model, ModelReply, ModelRequest, Usage
    from batuta.core.ops import Retry
    from batuta.core.price import Cost, Price
    from batuta.core.principal import Principal
    from batuta.core.record import RunRecord
    from batuta.core.run import Run
    from batuta.core.runtime import RunOptions, Runtime
    from batuta.core.session import Session
    from batuta.core.together import Outcome
    from batuta.core.tool import Approve, Bound, Deny, Edit, Tool, ToolContext, ToolUse, tool
    from batuta.core.trace import Event, Trace
    from batuta.models.scripted import ScriptedModel
    from batuta.runtimes.local import LocalRuntime
    from batuta.wiring import local_runtime, run, run_sync

_HOMES = {
    "batuta.control.ai_service": ("AIService",),
    "batuta.control.function_calling": ("FunctionCalling",),
    "batuta.control.manager": ("Manager",),
    "batuta.control.single_agent": ("SingleAgent",),
    "batuta.control.workflow": ("Workflow",),
    "batuta.core.agent": ("Agent", "FunctionAgent"),
    "batuta.core.app": ("App", "Scenario", "Specialist"),
    "batuta.core.assistant": ("Assistant", "Limits"),
    "batuta.core.budget": ("Budget",),
    "batuta.core.clock": ("Clock", "FixedClock", "ManualClock", "SystemClock"),
    "batuta.core.intake": ("Found", "Intake", "Option"),
    "batuta.core.loop": ("Delegate",),
    "batuta.core.message": ("Message", "ToolCall"),
    "batuta.core.model": ("Model", "ModelReply", "ModelRequest", "Usage"),
    "batuta.core.ops": ("Retry",),
    "batuta.core.price": ("Cost", "Price"),
    "batuta.core.principal": ("Principal",),
    "batuta.core.record": ("RunRecord",),
    "batuta.core.run": ("Run",),
    "batuta.core.runtime": ("RunOptions", "Runtime"),
    "batuta.core.session": ("Session",),
    "batuta.core.together": ("Outcome",),
    "batuta.core.tool": (
        "Approve",
        "Bound",
        "Deny",
        "Edit",
        "Tool",
        "ToolContext",
        "ToolUse",
        "tool",
    ),
    "batuta.core.trace": ("Event", "Trace"),
    "batuta.models.scripted": ("ScriptedModel",),
    "batuta.runtimes.local": ("LocalRuntime",),
    "batuta.wiring": ("local_runtime", "run", "run_sync"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AIService",
    "Agent",
    "App",
    "Approve",
    "Assistant",
    "Bound",
    "Budget",
    "Clock",
    "Cost",
    "Delegate",
    "Deny",
    "Edit",
    "Event",
    "FixedClock",
    "Found",
    "FunctionAgent",
    "FunctionCalling",
    "Intake",
    "Limits",
    "LocalRuntime",
    "Manager",
    "ManualClock",
    "Message",
    "Model",
    "ModelReply",
    "ModelRequest",
    "Option",
    "Outcome",
    "Price",
    "Principal",
    "Retry",
    "Run",
    "RunOptions",
    "RunRecord",
    "Runtime",
    "Scenario",
    "ScriptedModel",
    "Session",
    "SingleAgent",
    "Specialist",
    "SystemClock",
    "Tool",
    "ToolCall",
    "ToolContext",
    "ToolUse",
    "Trace",
    "Usage",
    "Workflow",
    "local_runtime",
    "run",
    "run_sync",
    "tool",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
