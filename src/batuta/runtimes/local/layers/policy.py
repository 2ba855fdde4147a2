"""The layer that says who may use which tool, and with what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from batuta.core.principal import WRITE
from batuta.core.tool import Approve, AskPerson, Deny, Edit, ToolUse
from batuta.errors import AccessDenied, ToolRetry
from batuta.parts.approval import approved

if TYPE_CHECKING:
    from batuta.core.run import UseOp


class PolicyLayer:
    """Validates arguments, checks the caller's permission and asks the hooks, before every tool."""

    async def use(self, op: UseOp, proceed: Callable[[UseOp], Awaitable[Any]]) -> Any:
        """Let the call through as it is, edited, or not at all."""
        job = op.run.job
        principal, tool = job.principal, op.tool
        if tool.effect == WRITE and WRITE not in principal.permissions:
            raise AccessDenied(principal.id or "an anonymous caller", f"use {tool.name}")
        arguments = tool.validate(op.arguments)
        for hook in job.hooks:
            verdict = await hook(_tool_use(op, arguments))
            if isinstance(verdict, Deny):
                if verdict.arguments:
                    raise ToolRetry(tool.name, verdict.reason, verdict.arguments)
                raise AccessDenied(principal.id, f"use {tool.name} now: {verdict.reason}")
            if isinstance(verdict, Edit):
                arguments = tool.validate(verdict.arguments)
            elif isinstance(verdict, AskPerson):
                await approved(op, arguments, verdict)
            elif not isinstance(verdict, Approve):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise AccessDenied(principal.id, f"use {tool.name} now: a hook gave no verdict")
        op.arguments = arguments
        result = await proceed(op)
        for hook in job.hooks:
            after = getattr(hook, "after", None)
            if after is not None:
                await after(_tool_use(op, arguments), result)
        return result


def _tool_use(op: UseOp, arguments: Mapping[str, Any]) -> ToolUse:
    job = op.run.job
    return ToolUse(op.tool, arguments, job.principal, op.by, op.span, job.session, job.question)
