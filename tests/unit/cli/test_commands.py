"""The small commands: styles, runs, trace, doctor, tennis, version, help."""

from __future__ import annotations

import json
import socket
from importlib.metadata import metadata, version
from pathlib import Path

import pytest

from batuta.errors import DISTRIBUTION
from tests.unit.cli.conftest import Batuta
from tests.unit.telemetry.collector import collecting


def test_version_and_bare_call(batuta: Batuta) -> None:
    assert batuta("--version").stdout == f"batuta {version(DISTRIBUTION)}\n"
    assert batuta().exit_code == 0
    assert "demo" in batuta().stdout


def test_every_short_help_fits_its_line(batuta: Batuta) -> None:
    assert "..." not in batuta("--help").stdout.partition("Commands:")[2]


def test_styles_say_which_run_here_and_why_others_do_not(batuta: Batuta) -> None:
    listed = json.loads(batuta("styles", "--json").stdout)

    by_key = {style["key"]: style for style in listed}
    assert list(by_key) == [*"abcdefgh", "front-desk"]
    assert by_key["d"]["available"]
    assert not by_key["c"]["available"]
    assert "batuta up c" in by_key["c"]["missing"]
    assert "Function calling" in batuta("styles").stdout


def test_runs_and_trace_show_what_was_run(batuta: Batuta) -> None:
    batuta("chat", "--style", "d", "--message", "Book a court tomorrow at 3pm")

    (run,) = json.loads(batuta("runs", "--json").stdout)
    assert run["run_id"] in batuta("runs").stdout
    assert "book" in batuta("trace", run["run_id"]).stdout
    assert batuta("trace", "last", "--format", "mermaid").stdout.startswith("sequenceDiagram")
    assert batuta("trace", "last", "--format", "plantuml").stdout.startswith("@startuml")
    assert json.loads(batuta("trace", "last", "--format", "json").stdout)["run_id"] == run["run_id"]
    assert "tokens" in batuta("trace", "last", "--format", "table").stdout


def test_cost_adds_up_what_was_spent_by_what_is_asked_for(batuta: Batuta) -> None:
    for style in "bd":
        batuta("chat", "--style", style, "--message", "Book a court tomorrow at 3pm")
    by_style = json.loads(batuta("cost", "--by", "style", "--json").stdout)
    assert {line["key"] for line in by_style} == {"b", "d"}
    (model,) = json.loads(batuta("cost", "--json").stdout)
    assert model["model_calls"] == sum(line["model_calls"] for line in by_style)
    assert (model["cost_usd"], model["unpriced_calls"]) == (0.0, 0)
    head, *lines = batuta("cost", "--by", "day", "--csv").stdout.splitlines()
    assert head.startswith("day,runs,model_calls")
    assert len(lines) == 1
    assert "local" in batuta("cost", "--by", "principal").stdout
    assert "has spent anything" in batuta("cost", "--user", "nobody").stdout


def test_runs_of_somebody_else_are_not_found(batuta: Batuta) -> None:
    batuta("chat", "--style", "d", "--message", "hello")
    run_id = json.loads(batuta("runs", "--json").stdout)[0]["run_id"]

    assert batuta("trace", run_id, "--user", "eve").exit_code == 4
    assert json.loads(batuta("runs", "--json", "--user", "eve").stdout) == []
    assert "No runs" in batuta("runs", "--user", "eve").stdout


def test_trace_of_nothing_is_not_found(batuta: Batuta) -> None:
    done = batuta("trace", "last")

    assert (done.exit_code, done.stdout) == (4, "")


def test_doctor_finds_the_defaults_sound(batuta: Batuta, tmp_path: Path) -> None:
    done = batuta("doctor", "--json")

    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.exit_code == 0
    assert found["answer"]["state"] == "ok"
    assert found["clock"]["state"] == "note"
    assert "stands at Monday 2026-03-02 09:00" in found["clock"]["found"]
    assert not list(tmp_path.glob(".batuta/tennis*")), "a doctor books nothing"


def test_doctor_says_where_traces_go_and_whether_it_answers(
    batuta: Batuta, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> dict[str, dict[str, str]]:
        checks = json.loads(batuta("doctor", "--json").stdout)["checks"]
        return {check["name"]: check for check in checks}

    assert "told to nobody" in told()["telemetry"]["found"]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ana:hunter2@127.0.0.1:9")
    dead = told()["spans to the collector"]
    assert dead["state"] == "note"
    assert "127.0.0.1:9/v1/traces" in dead["found"]
    assert "hunter2" not in repr(dead)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    alone = told()
    assert "spans to the collector" not in alone
    dead = alone["metrics to the collector"]
    assert dead["state"] == "note"
    assert "127.0.0.1:9/v1/metrics" in dead["found"]
    assert "hunter2" not in repr(dead)
    monkeypatch.delenv("OTEL_TRACES_EXPORTER")
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        alive = told()
        assert alive["spans to the collector"]["state"] == "ok"
        assert alive["metrics to the collector"]["state"] == "ok"


def test_doctor_looks_for_every_extra(batuta: Batuta) -> None:
    names = {check["name"] for check in json.loads(batuta("doctor", "--json").stdout)["checks"]}
    extras = metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    gathered = {"all", "aws-standin"}
    assert len(extras) > len(gathered)
    for extra in set(extras) - gathered:
        assert {f"extra {extra}", f"models {extra}:…"} & names, extra


@pytest.mark.parametrize("found", [True, False])
def test_doctor_says_how_the_shell_finds_the_command(
    batuta: Batuta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    script, activation = tmp_path / "bin" / "batuta", tmp_path / "bin" / "activate"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    activation.touch()
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", str(script.parent) if found else "/nowhere")

    checks = json.loads(batuta("doctor", "--json").stdout)["checks"]

    (command,) = [check for check in checks if check["name"] == "command"]
    assert command["state"] == ("ok" if found else "note")
    assert command["mend"] == ("" if found else f"Run: . {activation}")
    assert ("bin/batuta" in command["found"]) is not found


def test_doctor_names_what_is_wrong_and_how_to_mend_it(
    batuta: Batuta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("BATUTA_PORT", str(taken.getsockname()[1]))
        monkeypatch.setenv("BATUTA_MODEL", "nobody:nothing")
        done = batuta("doctor", "--json", "--home", "file/home")

    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.exit_code == 3
    assert found["home"]["state"] == "FAILED"
    assert "BATUTA_HOME" in found["home"]["mend"]
    assert found["answer"]["state"] == "FAILED"
    assert found["port"]["state"] == "note"
    assert "--port" in found["port"]["mend"]


def test_doctor_stops_at_settings_that_cannot_be_read(
    batuta: Batuta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATUTA_PORT", "many")

    done = batuta("doctor")

    assert done.exit_code == 3
    assert "BATUTA_PORT" in done.stdout


SEED = {
    "users": [],
    "bookings": [{"date": "2026-03-03", "time": "15:00", "court": "B", "member": "ana"}],
}


def test_seeded_bookings_are_listed_and_their_slots_are_not_open(
    batuta: Batuta, tmp_path: Path
) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(SEED))

    assert batuta("tennis", "seed", "seed.json").stdout == "1 booked, 0 left alone.\n"
    assert batuta("tennis", "seed", "seed.json").stdout == "1 booked, 0 left alone.\n"
    (booking,) = json.loads(batuta("tennis", "bookings", "--json").stdout)
    assert (booking["slot_id"], booking["member_id"]) == ("2026-03-03T15:00/B", "ana")
    assert booking["booked_at"] == "2026-03-02T09:00:00+00:00"
    assert batuta("tennis", "bookings", "--date", "2026-03-04").stdout == "No bookings.\n"
    assert json.loads(batuta("tennis", "bookings", "--member", "bob", "--json").stdout) == []
    assert "15:00-16:00" in batuta("tennis", "bookings", "--member", "ana").stdout
    assert batuta("tennis", "slots", "2026-03-03", "15:00").stdout == "15:00 to 16:00  A C D\n"


def test_seed_of_a_slot_that_somebody_has_leaves_it_alone(batuta: Batuta, tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(SEED))
    (tmp_path / "other.json").write_text(json.dumps(SEED).replace("ana", "bob"))
    batuta("tennis", "seed", "seed.json")

    done = json.loads(batuta("tennis", "seed", "other.json", "--json").stdout)

    assert done == {"booked": [], "refused": ["2026-03-03T15:00/B"]}


def test_closed_hours_say_so_and_offer_the_nearest(batuta: Batuta) -> None:
    shown = batuta("tennis", "slots", "2026-03-03", "03:00").stdout

    assert "outside the opening hours" in shown
    assert "07:00 to 08:00  A B C D" in shown


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["tennis", "slots", "2026-02-30"], 2),
        (["tennis", "slots", "tomorrow"], 2),
        (["tennis", "bookings", "--date", "soon"], 2),
        (["tennis", "seed", "nowhere.json"], 3),
        (["trace", "run_nope"], 4),
        (["trace", "last", "--format", "xml"], 2),
        (["runs", "--limit", "0"], 2),
        (["styles", "--app", "nowhere:app"], 3),
        (["serve", "--port", "70000"], 2),
        (["serve", "--style", "z"], 3),
        (["dance"], 2),
    ],
)
def test_bad_input_ends_with_its_code_and_nothing_on_stdout(
    batuta: Batuta, words: list[str], code: int
) -> None:
    done = batuta(*words)

    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr
    assert "Traceback" not in done.stderr
