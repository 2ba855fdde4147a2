"""Models, prices and vendors: tables of ``batuta.toml`` and the vendors' own variables."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from batuta.core.price import Price
from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.settings import Settings, VendorSettings, read_settings

KEY = "key-for-tests-5d41402abc"


def write(folder: Path, text: str) -> Path:
    (folder / "batuta.toml").write_text(text, encoding="utf-8")
    return folder


def test_nothing_set_is_nothing_known(tmp_path: Path) -> None:
    made = read_settings({}, tmp_path)
    assert (made.models, made.prices, made.vendors) == ({}, {}, {})


@pytest.mark.parametrize(
    ("variable", "vendor", "field"),
    [
        ("OPENAI_API_KEY", "openai", "key"),
        ("BATUTA_OPENAI_KEY", "openai", "key"),
        ("OPENAI_BASE_URL", "openai", "base_url"),
        ("ANTHROPIC_API_KEY", "anthropic", "key"),
        ("ANTHROPIC_BASE_URL", "anthropic", "base_url"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "bedrock", "base_url"),
        ("BATUTA_BEDROCK_REGION", "bedrock", "region"),
        ("BATUTA_BEDROCK_GUARDRAIL", "bedrock", "guardrail"),
        ("BATUTA_BEDROCK_KNOWLEDGE_BASES", "bedrock", "knowledge_bases"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "dynamodb", "base_url"),
        ("AWS_ENDPOINT_URL", "dynamodb", "base_url"),
        ("BATUTA_DYNAMODB_REGION", "dynamodb", "region"),
        ("BATUTA_COMPATIBLE_KEY", "compatible", "key"),
        ("BATUTA_COMPATIBLE_BASE_URL", "compatible", "base_url"),
    ],
)
def test_each_vendor_is_set_by_its_own_variable(
    tmp_path: Path, variable: str, vendor: str, field: str
) -> None:
    value = "http://127.0.0.1:9/v1" if field == "base_url" else "value"
    made = read_settings({variable: value}, tmp_path)
    assert made.vendors.keys() == {vendor}
    found = getattr(made.vendors[vendor], field)
    assert (found.reveal() if isinstance(found, Secret) else found) == value


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_of_aws_is_that_of_each_of_its_services(tmp_path: Path, variable: str) -> None:
    made = read_settings({variable: "eu-west-1"}, tmp_path).vendors
    assert {name: vendor.region for name, vendor in made.items()} == {
        "bedrock": "eu-west-1",
        "dynamodb": "eu-west-1",
    }


def test_the_environment_wins_over_a_vendors_table(tmp_path: Path) -> None:
    write(tmp_path, '[openai]\nkey = "file"\nbase_url = "http://file/"\n[bedrock]\nregion = "r"')
    made = read_settings({"OPENAI_API_KEY": "env", "BATUTA_OPENAI_KEY": "first"}, tmp_path)
    assert made.vendors["openai"] == VendorSettings(key=Secret("first"), base_url="http://file")
    assert made.vendors["bedrock"].region == "r"


def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path) -> None:
    assert read_settings({"OPENAI_API_KEY": "", "OPENAI_BASE_URL": " "}, tmp_path).vendors == {}


def test_a_key_is_shown_nowhere(tmp_path: Path) -> None:
    write(tmp_path, f'[anthropic]\nkey = "{KEY}"')
    made = read_settings({"OPENAI_API_KEY": KEY}, tmp_path)
    shown = f"{made!r} {made} {asdict(made)} {made.vendors} {replace(made, port=1)!r}"
    assert KEY not in shown
    assert made.vendors["openai"].key.reveal() == KEY


@pytest.mark.parametrize("key", ["schlüssel-éà", "two words", "line\nbreak", "tab\there"])
def test_a_key_that_cannot_be_sent_is_refused_unseen(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({"OPENAI_API_KEY": key}, tmp_path)
    assert "openai.key" in caught.value.what
    assert key not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    "url", ["localhost:11434", "ftp://x", "sk-a-key-in-the-wrong-place", "http://a b"]
)
def test_an_address_is_a_url_and_is_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({"BATUTA_COMPATIBLE_BASE_URL": url}, tmp_path)
    assert "compatible.base_url" in caught.value.what
    assert url not in str(caught.value)


def test_models_of_steps_and_the_default(tmp_path: Path) -> None:
    write(tmp_path, '[models]\ndefault = "openai:gpt-5-mini"\nparse = " anthropic:x "')
    made = read_settings({}, tmp_path)
    assert made.models == {"default": "openai:gpt-5-mini", "parse": "anthropic:x"}
    assert made.default_model == "openai:gpt-5-mini"


def test_the_variable_of_the_model_wins_over_the_table(tmp_path: Path) -> None:
    write(tmp_path, '[models]\ndefault = "openai:gpt-5-mini"\nparse = "anthropic:x"')
    for name in ("offline:rules", "bedrock:y"):
        made = read_settings({"BATUTA_MODEL": name}, tmp_path)
        assert made.default_model == name
        assert made.models == {"parse": "anthropic:x"}
    assert Settings(model="a:b").default_model == "a:b"


def test_own_prices(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[prices."openai:mine"]\ninput_usd = 1\noutput_usd = 2.5\ncached_usd = 0.1\n'
        'source = "contract of 2026-11-01"\n[prices."compatible:*"]\ninput_usd = 0\noutput_usd = 0',
    )
    assert read_settings({}, tmp_path).prices == {
        "openai:mine": Price(1.0, 2.5, "contract of 2026-11-01", 0.1),
        "compatible:*": Price(0.0, 0.0, "batuta.toml"),
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("models = 5", "models"),
        ("[models]\nparse = 5", "models.parse"),
        ('[models]\nparse = " "', "models.parse"),
        ('[prices."a:b"]\ninput_usd = 1', 'prices."a:b"'),
        ('[prices."a:b"]\ninput_usd = -1\noutput_usd = 1', "input_usd"),
        ('[prices."a:b"]\ninput_usd = "1"\noutput_usd = 1', "input_usd"),
        ('[prices."a:b"]\ninput_usd = nan\noutput_usd = 1', "input_usd"),
        ('[prices."a:b"]\ninput_usd = true\noutput_usd = 1', "input_usd"),
        ('[prices."a:b"]\ninput_usd = 1\noutput_usd = 1\ncahced_usd = 1', "cahced_usd"),
        ('[prices]\n"a:b" = 1', 'prices."a:b"'),
        ("[openai]\nkey = 5", "openai.key"),
        ("[openai]\nkeys = 'x'", "openai.keys"),
        ("[anthropic]\nregion = 'x'", "anthropic.region"),
        ("[[bedrock]]\nregion = 'x'", "bedrock"),
    ],
)
def test_a_wrong_table_is_named_by_its_place(tmp_path: Path, text: str, named: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_settings({}, tmp_path)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("MODEL_SECONDS", "0"), ("CONCURRENT_MODEL_CALLS", "0"), ("REPLY_BYTES", "0")],
)
def test_limits_of_models_are_above_nothing(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name.lower()):
        read_settings({f"BATUTA_{name}": value}, tmp_path)
