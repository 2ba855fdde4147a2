"""The layer that says who may use which tool, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.core.principal import WRITE
from batuta.core.tool import Approve, AskPerson, Deny, Edit, ToolUse
from batuta.errors import AccessDenied, ToolRetry
from batuta.parts.approval import approved

if TYPE_CHECKING:
    from batuta.core.layers import Proceed
    from batuta.core.run import UseOp


class PolicyLayer:
    """Validates arguments, checks the caller's permission and asks the hooks, before every tool."""

    async def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Any:
        """Let the call through as it is, edited, or not at all."""
        permit(op)
        if not op.run.job.hooks:
            return await proceed(op)
        await ask_hooks(op)
        result = await proceed(op)
        await tell_hooks(op, result)
        return result


def permit(op: UseOp) -> None:
    """Check that the caller may use the tool, and validate the arguments.

    Raises:
        AccessDenied: They may not.
        ToolRetry: The arguments do not fit.
    """
    principal, tool = op.run.job.principal, op.tool
    if tool.effect == WRITE and WRITE not in principal.permissions:
        raise AccessDenied(principal.id or "an anonymous caller", f"use {tool.name}")
    op.arguments = tool.validate(op.arguments)


async def ask_hooks(op: UseOp) -> None:
    """Ask every hook about a call whose arguments are valid; each may put others in their place.

    Raises:
        AccessDenied: One does not allow it.
        ToolRetry: One would allow it with other arguments.
    """
    principal, tool = op.run.job.principal, op.tool
    for hook in op.run.job.hooks:
        verdict = await hook(_tool_use(op))
        if isinstance(verdict, Deny):
            if verdict.arguments:
                raise ToolRetry(tool.name, verdict.reason, verdict.arguments)
            raise AccessDenied(principal.id, f"use {tool.name} now: {verdict.reason}")
        if isinstance(verdict, Edit):
            op.arguments = tool.validate(verdict.arguments)
        elif isinstance(verdict, AskPerson):
            await approved(op, op.arguments, verdict)
        elif not isinstance(verdict, Approve):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise AccessDenied(principal.id, f"use {tool.name} now: a hook gave no verdict")


async def tell_hooks(op: UseOp, result: Any) -> None:
    """Tell every hook that listens what a call has given."""
    for hook in op.run.job.hooks:
        after = getattr(hook, "after", None)
        if after is not None:
            await after(_tool_use(op), result)


def _tool_use(op: UseOp) -> ToolUse:
    job = op.run.job
    return ToolUse(op.tool, op.arguments, job.principal, op.by, op.span, job.session, job.question)
