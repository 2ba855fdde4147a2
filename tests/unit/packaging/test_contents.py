from __future__ import annotations

from pathlib import Path

import pytest

from batuta.errors import ConfigError
from batuta.packaging.contents import UNREACHED, extras_of, prune, unreached_packages


@pytest.mark.parametrize(
    ("style", "model", "extras"),
    [
        ("a", "", ("lambda",)),
        ("D", "offline:rules", ("lambda",)),
        ("e", "", ("agents", "lambda")),
        ("g", "", ("agents", "lambda")),
        ("b", "openai:gpt-5-mini", ("lambda", "openai")),
        ("f", "bedrock:x | anthropic:y", ("agents", "anthropic", "bedrock", "lambda")),
    ],
)
def test_a_style_brings_what_it_and_its_models_need(
    style: str, model: str, extras: tuple[str, ...]
) -> None:
    assert extras_of(style, model) == extras


@pytest.mark.parametrize(("style", "model"), [("z", ""), ("a", "nobody:x")])
def test_unknown_names_are_told(style: str, model: str) -> None:
    with pytest.raises(ConfigError):
        extras_of(style, model)


def test_what_packages_read_stays_and_what_an_installation_leaves_goes(tmp_path: Path) -> None:
    kept = (
        "agents/prompts/memory.md",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        "botocore/data/endpoints.json",
        "thing-1.dist-info/METADATA",
        "thing/__init__.py",
    )
    gone = (
        "_virtualenv.py",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "thing-1.dist-info/RECORD",
        "thing-1.dist-info/direct_url.json",
        "thing/__init__.pyi",
        "thing/__pycache__/__init__.cpython-311.pyc",
    )
    for name in kept + gone:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    prune(tmp_path, own=False)

    left = sorted(f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*") if f.is_file())
    assert left == sorted(kept)


@pytest.mark.parametrize("own", [True, False])
def test_what_we_never_import_is_left_out_of_our_own_package_alone(
    tmp_path: Path, *, own: bool
) -> None:
    for name in (*UNREACHED, "agents/mcp"):
        (tmp_path / name).mkdir(parents=True)

    prune(tmp_path, own=own)

    assert (tmp_path / "agents" / "mcp").is_dir()
    assert [(tmp_path / name).is_dir() for name in UNREACHED] == [not own] * len(UNREACHED)


def test_documents_get_what_counts_their_tokens() -> None:
    assert "tiktoken" in unreached_packages(("lambda", "openai"))
    assert unreached_packages(("lambda", "openai", "rag")) == ("websockets",)
