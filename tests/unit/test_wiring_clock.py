"""Where settings are at hand, the clock is theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batuta.core.clock import FixedClock, SystemClock
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import ConfigError
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.wiring import Assistants, assistant, clock_of, local_runtime, open_tennis, run
from tests.unit.core.rig import HELLO, does

NOW = "2021-07-01T09:00"
IN_LONDON = datetime(2021, 7, 1, 8, tzinfo=UTC)
IN_UTC = datetime(2021, 7, 1, 9, tzinfo=UTC)
TOMORROW = "Book Court A tomorrow at 3pm"


async def tell_time(run: Run) -> str:
    return run.job.clock.now().isoformat()


@pytest.mark.parametrize("style", ["d", "h"])
async def test_an_assistants_clock_is_that_of_its_settings(tmp_path: Path, style: str) -> None:
    settings = Settings(home=tmp_path, now=NOW)
    desk = await open_tennis(settings)
    async with assistant(tennis_app(desk), style, settings=settings) as club:
        record = (await club.chat(TOMORROW)).raised()
    [booked] = await desk.store.bookings()
    await desk.store.aclose()

    assert booked.slot_id == "2021-07-02T15:00/A"
    assert record.started_at == IN_LONDON.isoformat()


async def test_a_managed_agents_actions_have_that_clock_too(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, now=NOW, bedrock_execution="lambda")
    desk = await open_tennis(settings)
    async with assistant(tennis_app(desk), "h", settings=settings) as club:
        (await club.chat(TOMORROW)).raised()
    [booked] = await desk.store.bookings()
    await desk.store.aclose()

    assert (booked.slot_id, booked.booked_at) == ("2021-07-02T15:00/A", IN_LONDON)


async def test_a_clock_that_is_given_wins_over_the_settings(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, now=NOW)
    app = tennis_app(await open_tennis(settings))
    async with assistant(app, "d", settings=settings, clock=FixedClock(IN_UTC)) as club:
        record = (await club.chat("Hello")).raised()
    async with Assistants(app, settings, clock=FixedClock(IN_UTC)) as house:
        again = (await (await house.style("d")).chat("Hello")).raised()

    assert {record.started_at, again.started_at} == {IN_UTC.isoformat()}


async def test_a_bare_runtimes_clock_is_that_of_its_settings_in_utc() -> None:
    runtime = local_runtime(settings=Settings(now=NOW))
    record = (await runtime.run(does("a", tell_time), Message.user("Hello"))).raised()
    await runtime.stop()

    assert record.text == IN_UTC.isoformat()


async def test_one_run_of_one_agent_has_the_time_of_the_settings_read_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BATUTA_NOW", NOW)

    assert (await run(does("a", tell_time), HELLO)).text == IN_UTC.isoformat()


async def test_a_seed_is_booked_at_the_settings_time(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"bookings": [{"slot_id": "2021-07-02T15:00/A"}]}')
    desk = await open_tennis(Settings(home=tmp_path, now=NOW, seed=str(seed)))
    [booked] = await desk.store.bookings()
    await desk.store.aclose()

    assert booked.booked_at == IN_LONDON


async def test_settings_that_say_no_time_leave_the_machines_clock() -> None:
    settings = Settings()
    assert type(clock_of(settings)) is SystemClock
    with pytest.raises(ConfigError, match="no ISO time"):
        local_runtime(settings=replace(settings, now="soon"))
