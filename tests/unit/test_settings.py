from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.settings import Settings, read_settings


def write(folder: Path, text: str) -> Path:
    (folder / "batuta.toml").write_text(text, encoding="utf-8")
    return folder


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    assert read_settings({}, tmp_path) == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'port = 1\nhost = "h"\nhome = "data"')
    made = read_settings({"BATUTA_PORT": "2", "PORT": "3"}, tmp_path)
    assert (made.port, made.host, made.home) == (2, "h", Path("data"))


def test_the_process_environment_is_read_where_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATUTA_MODEL", "openai:x")
    assert read_settings(folder=tmp_path).model == "openai:x"


PLAIN = [f.name for f in fields(Settings) if f.default is not MISSING]


@pytest.mark.parametrize("name", PLAIN)
def test_every_setting_can_be_set_by_its_name(tmp_path: Path, name: str) -> None:
    default = getattr(Settings(), name)
    raw, wanted = ("7", type(default)(7)) if isinstance(default, int | float) else ("x", "x")
    if name == "caller_share":
        raw, wanted = "0.7", 0.7
    if name == "on_disconnect":
        raw = wanted = "detach"
    if name == "store":
        raw = wanted = "dynamodb"
    words = {"client_settings": "temperature, seed", "redact": "nothing"}
    words |= {"metrics": "all", "log_format": "json", "show_reasoning": "never"}
    raw, wanted = words.get(name, raw), words.get(name, wanted)
    if name in ("key_hours", "kept_chars"):
        raw, wanted = "7000", 7_000
    if name == "tls_clients":
        raw = wanted = "any"
    elif name == "bedrock_execution":
        raw = wanted = "lambda"
    if isinstance(default, Secret):
        wanted = Secret("x")
    if isinstance(default, Path):
        wanted = Path("x")
    made = read_settings({f"BATUTA_{name.upper()}": raw}, tmp_path)
    assert getattr(made, name) == wanted


def test_files_of_data_lie_in_home() -> None:
    made = Settings(home=Path("/data"))
    assert (made.database.parent, made.bookings.parent) == (Path("/data"), Path("/data"))
    assert made.database != made.bookings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", ""),
        ("RUN_SECONDS", "soon"),
        ("ON_DISCONNECT", "ignore"),
        ("STORE", "mongodb"),
        ("KEEP_DAYS", "0"),
        ("MESSAGE_CHARS", "0"),
        ("HISTORY_MESSAGES", "-1"),
        ("CONCURRENT_RUNS", "0"),
        ("BODY_BYTES", "0"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_set(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({f"BATUTA_{name}": value}, tmp_path)
    assert name.lower() in caught.value.what
    assert f"BATUTA_{name}" in caught.value.mend


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"),
        ("RUN_SECONDS", "-1"),
        ("RUN_SECONDS", "nan"),
        ("RUN_COST_USD", "-0.5"),
        ("REQUESTS_PER_MINUTE", "-5"),
    ],
)
def test_a_value_out_of_range_is_refused_before_the_first_run(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(ConfigError):
        read_settings({f"BATUTA_{name}": value}, tmp_path)


def test_a_name_in_the_file_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "prot = 1")
    with pytest.raises(ConfigError, match="prot") as caught:
        read_settings({}, tmp_path)
    assert "port" in caught.value.mend


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"port = [1"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "batuta.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"batuta\.toml"):
        read_settings({}, tmp_path)


@pytest.mark.parametrize(
    "line", ["port = [1]", "home = 5", "run_seconds = {}", "port = 1979-01-01"]
)
def test_a_value_of_the_wrong_kind_in_the_file_is_refused(tmp_path: Path, line: str) -> None:
    write(tmp_path, line)
    with pytest.raises(ConfigError):
        read_settings({}, tmp_path)


@pytest.mark.parametrize("line", ["port = 80.5", "model = 5", "host = ['a']", "port = true"])
def test_a_value_that_only_nearly_fits_is_refused(tmp_path: Path, line: str) -> None:
    write(tmp_path, line)
    with pytest.raises(ConfigError):
        read_settings({}, tmp_path)


def test_settings_cannot_be_changed() -> None:
    made: Any = Settings()
    with pytest.raises(AttributeError):
        made.port = 1
