"""Each setting as each vendor is sent it, by the real SDK to a socket, or refused when made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batuta import ConfiguredModel, ModelSettings
from batuta.core.model import ModelRequest
from batuta.core.model_settings import NAMES
from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.models.vendors import VendorAccess, VendorModel
from batuta.models.vendors.setting_rules import REFUSED, RULES, table
from tests.unit.models.vendors.asking import LOOK, TALK
from tests.unit.models.vendors.socket_server import Asked, serving
from tests.unit.models.vendors.wires import (
    ANTHROPIC,
    BEDROCK,
    CHAT,
    COMPATIBLE,
    KEY,
    RESPONSES,
    Vendor,
)

PAGE = Path(__file__).parents[4] / "docs" / "models.md"
WIRES = {
    "openai": RESPONSES,
    "openai-chat": CHAT,
    "anthropic": ANTHROPIC,
    "bedrock": BEDROCK,
    "compatible": COMPATIBLE,
}
THINKER = {
    "openai": "openai:gpt-5.4",
    "openai-chat": "openai-chat:gpt-5.4",
    "anthropic": "anthropic:claude-opus-4-6",
    "bedrock": "bedrock:eu.anthropic.claude-opus-4-6-v1",
    "compatible": "compatible:qwen3",
}
PLAIN = {
    "openai": "openai:gpt-4.1",
    "openai-chat": "openai-chat:gpt-4.1",
    "anthropic": "anthropic:claude-haiku-4-5",
    "bedrock": "bedrock:eu.anthropic.claude-haiku-4-5-v1:0",
    "compatible": "compatible:qwen3",
}
VALUES: dict[str, Any] = {
    "temperature": 0.25,
    "top_p": 0.75,
    "max_output_tokens": 3_000,
    "reasoning_effort": "low",
    "reasoning_budget": 2_000,
    "reasoning_summary": "auto",
    "seed": 7,
    "stop": ("END",),
    "parallel_tool_calls": False,
    "tool_choice": "required",
    "verbosity": "low",
    "extra_headers": {"X-Team": "desk"},
    "extra_body": {"top_k": 5},
}
THINKS = {"reasoning_effort", "reasoning_budget", "reasoning_summary", "verbosity"}
"""Those that only a model which thinks is asked for."""


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


async def asked(wire: Vendor, model: str, settings: ModelSettings, **more: Any) -> Asked:
    """Ask once, and give what came over the socket."""
    async with serving(wire.text("fine")) as server:
        access = VendorAccess(
            key=Secret(KEY), base_url=f"{server.url}{wire.base}", region="eu-west-1"
        )
        made = VendorModel(model, access)
        try:
            await made.reply(ModelRequest(TALK, (LOOK,), settings=settings, **more))
        finally:
            await made.aclose()
        return server.asked[0]


def at(body: dict[str, Any], path: str) -> Any:
    found: Any = body
    for name in path.split("."):
        found = found[name]
    return found


SENT: dict[tuple[str, str], Any] = {
    ("anthropic", "stop"): ["END"],
    ("anthropic", "parallel_tool_calls"): True,
    ("anthropic", "tool_choice"): "any",
    ("anthropic", "reasoning_summary"): "summarized",
    ("bedrock", "stop"): ["END"],
    ("bedrock", "tool_choice"): {"any": {}},
    ("bedrock", "reasoning_summary"): "summarized",
    ("openai-chat", "stop"): ["END"],
    ("compatible", "stop"): ["END"],
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("provider", WIRES)
async def test_the_table_is_what_the_sdk_sends(provider: str, name: str) -> None:
    rule, model = RULES[provider][name], (THINKER if name in THINKS else PLAIN)[provider]
    settings = ModelSettings(**{name: VALUES[name]})
    if rule.startswith(REFUSED):
        with pytest.raises(ConfigError) as caught:
            ConfiguredModel(model, settings)
        assert model in caught.value.what
        assert name in caught.value.what
        assert caught.value.mend == f"{rule[1:]}."
        return
    ConfiguredModel(model, settings)
    seen = await asked(WIRES[provider], model, settings)
    wanted = SENT.get((provider, name), VALUES[name])
    if name == "extra_headers":
        assert seen.headers["x-team"] == "desk"
    elif name == "extra_body":
        assert (seen.body if rule == "body" else seen.body[rule])["top_k"] == 5
    elif name == "reasoning_summary" and provider == "compatible":
        assert "summar" not in str(seen.body)  # it is what the server tells anyway
    else:
        assert at(seen.body, rule) == wanted


@pytest.mark.parametrize(
    ("model", "tier", "path"),
    [
        ("openai:gpt-5.4", "flex", "service_tier"),
        ("openai-chat:gpt-5.4", "priority", "service_tier"),
        ("anthropic:claude-haiku-4-5", "standard_only", "service_tier"),
        ("bedrock:amazon.nova-lite-v1:0", "flex", "serviceTier.type"),
    ],
)
async def test_a_service_tier_is_sent_in_the_vendors_own_word(
    model: str, tier: str, path: str
) -> None:
    wire = WIRES[model.partition(":")[0]]
    seen = await asked(wire, model, ModelSettings(service_tier=tier))
    assert at(seen.body, path) == tier
    with pytest.raises(ConfigError, match="Use one of"):
        ConfiguredModel(model, ModelSettings(service_tier="fastest"))


@pytest.mark.parametrize(
    ("model", "given", "mend"),
    [
        ("openai:gpt-5-mini", {"temperature": 0}, "Leave it out"),
        ("openai:gpt-5-mini", {"reasoning_effort": "max"}, "minimal, low, medium, high"),
        ("openai:gpt-4.1", {"reasoning_effort": "low"}, "knows no efforts"),
        ("openai:gpt-4o", {"max_output_tokens": 20_000}, "at most 16,384"),
        ("anthropic:claude-haiku-4-5", {"reasoning_effort": "low"}, "Set reasoning_budget"),
        ("anthropic:claude-opus-5-5", {"reasoning_budget": 2_000}, "Set reasoning_effort"),
        ("anthropic:claude-opus-5-5", {"reasoning_effort": "none"}, "low, medium, high"),
        ("anthropic:claude-haiku-4-5", {"reasoning_budget": 100}, "1,024 tokens at least"),
        ("anthropic:claude-haiku-4-5", {"temperature": 0, "top_p": 0.5}, "not both"),
        ("anthropic:claude-opus-5-5", {"tool_choice": "required"}, "Use auto"),
        ("bedrock:amazon.nova-lite-v1:0", {"reasoning_effort": "low"}, "knows no efforts"),
        ("bedrock:meta.llama3-8b-instruct-v1:0", {"tool_choice": "required"}, "Use auto"),
        ("openai:gpt-5-mini|anthropic:claude-opus-5", {"reasoning_effort": "minimal"}, "low"),
    ],
)
def test_what_a_model_does_not_take_is_said_when_it_is_made(
    model: str, given: dict[str, Any], mend: str
) -> None:
    with pytest.raises(ConfigError, match="does not take the setting") as caught:
        ConfiguredModel(model, ModelSettings(**given))
    assert mend in caught.value.mend


async def test_thoughts_that_the_budget_leaves_no_room_for_are_fewer_or_none() -> None:
    settings = ModelSettings(reasoning_budget=2_000)
    model = PLAIN["anthropic"]
    seen = await asked(ANTHROPIC, model, settings, max_output_tokens=1_500)
    assert seen.body["thinking"]["budget_tokens"] == 1_499
    seen = await asked(ANTHROPIC, model, settings, max_output_tokens=800)
    assert seen.body["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("openai:gpt-5-mini", 128_000),
        ("openai-chat:gpt-4o", 16_384),
        ("anthropic:claude-haiku-4-5", 64_000),
        ("anthropic:claude-opus-5-5", 128_000),
        ("bedrock:amazon.nova-lite-v1:0", 10_000),
        ("compatible:llama3.2", 4_096),
    ],
)
async def test_nobodys_limit_is_the_models_own(model: str, most: int) -> None:
    provider = model.partition(":")[0]
    seen = await asked(WIRES[provider], model, ModelSettings())
    assert at(seen.body, RULES[provider]["max_output_tokens"]) == most


def test_the_page_has_the_table() -> None:
    assert table() in PAGE.read_text("utf-8")
    assert all(set(rules) == set(NAMES) for rules in RULES.values())
