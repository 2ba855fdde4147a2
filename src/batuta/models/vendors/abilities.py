"""What a server of one's own says that its model can: llama.cpp's and Ollama's own questions.

A server whose chat template knows no tools drops them from a request without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from batuta.core.model import Abilities
from batuta.models.vendors.usage import mapping

if TYPE_CHECKING:
    from batuta.models.vendors.access import VendorAccess

_PATIENCE_S = 5.0


async def abilities_of(model: str, access: VendorAccess) -> Abilities:
    """Ask a server; one that knows neither question says nothing.

    Args:
        model: As the server knows it.
        access: Its base URL is the server's own, with ``/v1`` or without.
    """
    import httpx2

    root = access.base_url.rstrip("/").removesuffix("/v1")
    key = access.key.reveal()
    headers = {"authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(timeout=_PATIENCE_S, headers=headers) as client:
        said = await _said(client, f"{root}/props")
        if "chat_template_caps" in said:
            return _llama_cpp(said)
        return _ollama(await _said(client, f"{root}/api/show", {"model": model}))


def _llama_cpp(said: Mapping[str, Any]) -> Abilities:
    tools = mapping(said["chat_template_caps"]).get("supports_tools")
    context = mapping(said.get("default_generation_settings")).get("n_ctx")
    return Abilities(
        tools=tools if isinstance(tools, bool) else None,
        context_tokens=context if isinstance(context, int) else None,
    )


def _ollama(said: Mapping[str, Any]) -> Abilities:
    listed: object = said.get("capabilities")
    if not isinstance(listed, list):
        return Abilities()
    return Abilities(tools="tools" in cast("list[object]", listed))


async def _said(client: Any, url: str, body: object = None) -> Mapping[str, Any]:
    """Give the answer of a server that knows the question; empty where it does not.

    Args:
        body: To post; None only looks.
    """
    import httpx2

    try:
        asked = client.get(url) if body is None else client.post(url, json=body)
        answer = await asked
        answered: object = answer.json() if answer.status_code == 200 else None
    except (httpx2.HTTPError, ValueError):
        return {}
    return mapping(answered)
