"""One style as an A2A agent: its card, its addresses, and who asks."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import (
    create_agent_card_routes,
    create_jsonrpc_routes,
    create_rest_routes,
)
from a2a.server.tasks import InMemoryTaskStore
from a2a.types.a2a_pb2 import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    HTTPAuthSecurityScheme,
    SecurityRequirement,
    SecurityScheme,
    StringList,
)
from starlette.routing import Router

from batuta.core.attachment import MEDIA_TYPES
from batuta.errors import DISTRIBUTION
from batuta.serve.a2a.callers import HttpCallers, SameContexts
from batuta.serve.a2a.executor import StyleExecutor

if TYPE_CHECKING:
    from batuta.serve.http.door import Door

_TEXT = ["text/plain"]
_CACHE = "max-age=60"
_IDLE_S = 600.0
"""After which a task that waits for somebody is only kept, and no longer held ready."""


def handler_of(door: Door, key: str, card: AgentCard) -> DefaultRequestHandler:
    """Make what holds a style's tasks, in memory: each caller's are apart."""
    return DefaultRequestHandler(
        agent_executor=StyleExecutor(door, key),
        task_store=InMemoryTaskStore(),
        agent_card=card,
        validate_input_modes=True,
        interrupted_task_timeout=_IDLE_S,
        request_context_builder=SameContexts(),
    )


def routes_of(card: AgentCard, handler: DefaultRequestHandler) -> Router:
    """Make a style's addresses."""
    callers = HttpCallers()
    return Router(
        [
            *create_agent_card_routes(card, cache_control=_CACHE),
            *create_jsonrpc_routes(handler, "/", context_builder=callers),
            *create_rest_routes(handler, context_builder=callers),
        ],
        redirect_slashes=False,
    )


def card_of(door: Door, key: str, base: str, *, grpc_at: str = "") -> AgentCard:
    """Describe a style as A2A has it.

    Args:
        grpc_at: Host and port of gRPC; empty where it is not spoken.
    """
    found, app = door.house.cast.styles[key], door.house.app
    style = found.style
    name = f"{app.title or app.name}, {style.label}: {style.name}"
    card = AgentCard(
        name=name,
        description=f"{app.title or app.name}. Who decides here: {style.decides}.",
        version=version(DISTRIBUTION),
        supported_interfaces=[
            AgentInterface(url=base + "/", protocol_binding="JSONRPC", protocol_version="1.0"),
            AgentInterface(url=base, protocol_binding="HTTP+JSON", protocol_version="1.0"),
            *_over_grpc(grpc_at, key),
        ],
        capabilities=AgentCapabilities(streaming=True, push_notifications=False),
        default_input_modes=[*_TEXT, *MEDIA_TYPES],
        default_output_modes=[*_TEXT, "application/json"],
        skills=[
            AgentSkill(
                id=tool.name, name=tool.name, description=tool.description, tags=[tool.effect]
            )
            for tool in app.tools
        ]
        or [AgentSkill(id="chat", name="Chat", description="Answers.", tags=["chat"])],
    )
    if door.identity.proves:
        scheme = SecurityScheme(http_auth_security_scheme=HTTPAuthSecurityScheme(scheme="Bearer"))
        card.security_schemes["key"].CopyFrom(scheme)
        card.security_requirements.append(SecurityRequirement(schemes={"key": StringList()}))
    return card


def _over_grpc(address: str, key: str) -> list[AgentInterface]:
    if not address:
        return []
    there = AgentInterface(url=address, protocol_binding="GRPC", protocol_version="1.0", tenant=key)
    return [there]
