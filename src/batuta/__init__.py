"""Batuta: who decides which function is called, and when?

The public names, each imported when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.lazy import lazy_names

if TYPE_CHECKING:
    from batuta.app import App, Scenario, Specialist, StoreTable
    from batuta.assistant import Assistant, Limits
    from batuta.compose.debate import Debate
    from batuta.compose.ensemble import Ensemble
    from batuta.compose.hierarchical import Hierarchical
    from batuta.compose.map_reduce import MapReduce
    from batuta.compose.parallel import Parallel
    from batuta.compose.rag import RAG
    from batuta.compose.reflection import Reflection
    from batuta.compose.router import Router
    from batuta.compose.router.savings import Saving
    from batuta.compose.swarm import Swarm
    from batuta.control.ai_service import AIService
    from batuta.control.function_calling import FunctionCalling
    from batuta.control.managed_agent import ManagedAgent
    from batuta.control.manager import Manager
    from batuta.control.single_agent import SingleAgent
    from batuta.control.workflow import Workflow
    from batuta.core.agent import Agent, FunctionAgent
    from batuta.core.budget import Budget
    from batuta.core.clock import Clock, FixedClock, ManualClock, SystemClock
    from batuta.core.configured_model import ConfiguredModel
    from batuta.core.custom import count, record, span
    from batuta.core.effect import EffectRecord, LookupByKey, WriteOutcome
    from batuta.core.message import Message, ToolCall
    from batuta.core.model import Model, ModelReply, ModelRequest, Usage
    from batuta.core.model_settings import ModelSettings
    from batuta.core.price import Cost, Price
    from batuta.core.principal import Principal
    from batuta.core.record import RunRecord
    from batuta.core.retry import Retry
    from batuta.core.run import Run
    from batuta.core.runtime import RunOptions, Runtime
    from batuta.core.session import Session
    from batuta.core.together import Outcome
    from batuta.core.tool import Approve, Deny, Edit, Tool, ToolUse, tool
    from batuta.core.tool_context import Bound, ToolContext
    from batuta.core.trace import Event, Trace
    from batuta.intake.form import Found, Intake, Option
    from batuta.mcp_tools import McpServer
    from batuta.models.minilm import MiniLM
    from batuta.parts.aggregation import Clusters, Consensus, Synthesis, Vote
    from batuta.parts.answers import by_name, with_headings
    from batuta.parts.checks import Check, Checked, Flag, Mend, ModelRules, Stop
    from batuta.parts.classifiers import EstimatorClassifier, ModelClassifier
    from batuta.parts.critique import ModelCritic
    from batuta.parts.documents import Document, chunks
    from batuta.parts.grounding import (
        FunctionReranker,
        GroundedWriter,
        ModelReranker,
        QueryWriter,
        condenser,
    )
    from batuta.parts.guarded import Guarded
    from batuta.parts.handling import Handling
    from batuta.parts.handoff import HandoffAgent, hand_to
    from batuta.parts.likeness import CaseAndSpace, Exact, Numeric, OneField, SameMeaning
    from batuta.parts.loop import Delegate
    from batuta.parts.naive_bayes import WordClassifier
    from batuta.parts.plans import ModelManager
    from batuta.parts.retrieval import Retriever
    from batuta.parts.summary import Dropped, ModelSummary, RuleSummary
    from batuta.runtimes.local import LocalRuntime
    from batuta.storage.documents_lance import LanceDocuments
    from batuta.storage.documents_sqlite import SqliteDocuments
    from batuta.testing.scripted import ScriptedModel
    from batuta.wiring import local_runtime, run, run_sync

_HOMES = {
    "batuta.compose.debate": ("Debate",),
    "batuta.compose.ensemble": ("Ensemble",),
    "batuta.compose.hierarchical": ("Hierarchical",),
    "batuta.compose.map_reduce": ("MapReduce",),
    "batuta.compose.parallel": ("Parallel",),
    "batuta.compose.rag": ("RAG",),
    "batuta.compose.reflection": ("Reflection",),
    "batuta.compose.router": ("Router",),
    "batuta.compose.swarm": ("Swarm",),
    "batuta.control.ai_service": ("AIService",),
    "batuta.control.function_calling": ("FunctionCalling",),
    "batuta.control.managed_agent": ("ManagedAgent",),
    "batuta.control.manager": ("Manager",),
    "batuta.control.single_agent": ("SingleAgent",),
    "batuta.control.workflow": ("Workflow",),
    "batuta.core.agent": ("Agent", "FunctionAgent"),
    "batuta.parts.aggregation": ("Clusters", "Consensus", "Synthesis", "Vote"),
    "batuta.parts.answers": ("by_name", "with_headings"),
    "batuta.app": ("App", "Scenario", "Specialist", "StoreTable"),
    "batuta.assistant": ("Assistant", "Limits"),
    "batuta.core.budget": ("Budget",),
    "batuta.parts.checks": ("Check", "Checked", "Flag", "Mend", "ModelRules", "Stop"),
    "batuta.parts.guarded": ("Guarded",),
    "batuta.parts.summary": ("Dropped", "ModelSummary", "RuleSummary"),
    "batuta.parts.handling": ("Handling",),
    "batuta.parts.classifiers": ("EstimatorClassifier", "ModelClassifier"),
    "batuta.core.clock": ("Clock", "FixedClock", "ManualClock", "SystemClock"),
    "batuta.core.effect": ("EffectRecord", "LookupByKey", "WriteOutcome"),
    "batuta.parts.critique": ("ModelCritic",),
    "batuta.parts.documents": ("Document", "chunks"),
    "batuta.parts.grounding": (
        "FunctionReranker",
        "GroundedWriter",
        "ModelReranker",
        "QueryWriter",
        "condenser",
    ),
    "batuta.parts.handoff": ("HandoffAgent", "hand_to"),
    "batuta.intake.form": ("Found", "Intake", "Option"),
    "batuta.parts.likeness": ("CaseAndSpace", "Exact", "Numeric", "OneField", "SameMeaning"),
    "batuta.parts.loop": ("Delegate",),
    "batuta.mcp_tools": ("McpServer",),
    "batuta.core.message": ("Message", "ToolCall"),
    "batuta.core.configured_model": ("ConfiguredModel",),
    "batuta.core.custom": ("count", "record", "span"),
    "batuta.core.model_settings": ("ModelSettings",),
    "batuta.core.model": ("Model", "ModelReply", "ModelRequest", "Usage"),
    "batuta.parts.naive_bayes": ("WordClassifier",),
    "batuta.core.retry": ("Retry",),
    "batuta.parts.plans": ("ModelManager",),
    "batuta.core.price": ("Cost", "Price"),
    "batuta.core.principal": ("Principal",),
    "batuta.core.record": ("RunRecord",),
    "batuta.parts.retrieval": ("Retriever",),
    "batuta.core.run": ("Run",),
    "batuta.core.runtime": ("RunOptions", "Runtime"),
    "batuta.compose.router.savings": ("Saving",),
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
    "batuta.models.minilm": ("MiniLM",),
    "batuta.testing.scripted": ("ScriptedModel",),
    "batuta.runtimes.local": ("LocalRuntime",),
    "batuta.storage.documents_lance": ("LanceDocuments",),
    "batuta.storage.documents_sqlite": ("SqliteDocuments",),
    "batuta.wiring": ("local_runtime", "run", "run_sync"),
}

__all__ = [
    "RAG",
    "AIService",
    "Agent",
    "App",
    "Approve",
    "Assistant",
    "Bound",
    "Budget",
    "CaseAndSpace",
    "Check",
    "Checked",
    "Clock",
    "Clusters",
    "ConfiguredModel",
    "Consensus",
    "Cost",
    "Debate",
    "Delegate",
    "Deny",
    "Document",
    "Dropped",
    "Edit",
    "EffectRecord",
    "Ensemble",
    "EstimatorClassifier",
    "Event",
    "Exact",
    "FixedClock",
    "Flag",
    "Found",
    "FunctionAgent",
    "FunctionCalling",
    "FunctionReranker",
    "GroundedWriter",
    "Guarded",
    "Handling",
    "HandoffAgent",
    "Hierarchical",
    "Intake",
    "LanceDocuments",
    "Limits",
    "LocalRuntime",
    "LookupByKey",
    "ManagedAgent",
    "Manager",
    "ManualClock",
    "MapReduce",
    "McpServer",
    "Mend",
    "Message",
    "MiniLM",
    "Model",
    "ModelClassifier",
    "ModelCritic",
    "ModelManager",
    "ModelReply",
    "ModelRequest",
    "ModelReranker",
    "ModelRules",
    "ModelSettings",
    "ModelSummary",
    "Numeric",
    "OneField",
    "Option",
    "Outcome",
    "Parallel",
    "Price",
    "Principal",
    "QueryWriter",
    "Reflection",
    "Retriever",
    "Retry",
    "Router",
    "RuleSummary",
    "Run",
    "RunOptions",
    "RunRecord",
    "Runtime",
    "SameMeaning",
    "Saving",
    "Scenario",
    "ScriptedModel",
    "Session",
    "SingleAgent",
    "Specialist",
    "SqliteDocuments",
    "Stop",
    "StoreTable",
    "Swarm",
    "Synthesis",
    "SystemClock",
    "Tool",
    "ToolCall",
    "ToolContext",
    "ToolUse",
    "Trace",
    "Usage",
    "Vote",
    "WordClassifier",
    "Workflow",
    "WriteOutcome",
    "by_name",
    "chunks",
    "condenser",
    "count",
    "hand_to",
    "local_runtime",
    "record",
    "run",
    "run_sync",
    "span",
    "tool",
    "with_headings",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
