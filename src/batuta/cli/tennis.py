"""``batuta tennis``: the club's bookings, slots and seeds, for tests, operators and curiosity."""

from __future__ import annotations

import asyncio
import json as json_format
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batuta.cli.command import Home, Json, Now
from batuta.cli.opening import settings_for

if TYPE_CHECKING:
    from batuta.settings import Settings
    from batuta.tennis.bookings import Booking, TennisClub


@dataclass(frozen=True, kw_only=True)
class BookingsOptions:
    """What ``batuta tennis bookings`` takes."""

    date: Annotated[str, typer.Option(metavar="DATE", help="Of one day, YYYY-MM-DD.")] = ""
    member: Annotated[str, typer.Option(metavar="ID", help="Of one member.")] = ""
    json: Json = False
    home: Home = None


@dataclass(frozen=True, kw_only=True)
class SeedOptions:
    """What ``batuta tennis seed`` takes."""

    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON or TOML with bookings.")]
    json: Json = False
    home: Home = None


@dataclass(frozen=True, kw_only=True)
class SlotsOptions:
    """What ``batuta tennis slots`` takes."""

    date: Annotated[str, typer.Argument(metavar="DATE", help="Day, YYYY-MM-DD.")]
    time: Annotated[str, typer.Argument(metavar="TIME", help="Start, HH:MM.")] = ""
    json: Json = False
    now: Now = ""
    home: Home = None


def bookings(options: BookingsOptions) -> None:
    """List the club's bookings, cancelled ones too."""
    found = asyncio.run(_bookings(options))
    if options.json:
        print(json_format.dumps([booking.to_json() for booking in found], indent=2))
    elif not found:
        print("No bookings.")
    else:
        _show_bookings(found)


def seed(options: SeedOptions) -> None:
    """Book what a seed file says; again changes nothing."""
    booked, refused = asyncio.run(_seed(options))
    if options.json:
        shown = {"booked": [b.to_json() for b in booked], "refused": refused}
        print(json_format.dumps(shown, indent=2))
        return
    print(f"{len(booked)} booked, {len(refused)} left alone.")
    for slot_id in refused:
        print(f"  {slot_id} is taken by somebody else")


def slots(options: SlotsOptions) -> None:
    """Show which slots are open on a day, or at one time of it."""
    found = asyncio.run(_slots(options))
    if options.json:
        print(json_format.dumps(found, indent=2))
        return
    if not found["open"]:
        print(found["explanation"])
    shown = found["open"] or found["nearest"]
    if shown and not found["open"]:
        print("Nearest:")
    by_start: dict[str, list[str]] = {}
    for slot in shown:
        by_start.setdefault(f"{slot['start']} to {slot['end']}", []).append(slot["court"])
    for start, courts in by_start.items():
        print(f"{start}  {' '.join(courts)}")


async def _bookings(options: BookingsOptions) -> tuple[Booking, ...]:
    from batuta.tennis.slots import read_date

    day = read_date(options.date) if options.date else None
    async with _desk(settings_for(options.home)) as desk:
        found = await desk.store.bookings(member_id=options.member or None, day=day)
        return tuple(booking.at(desk.club.zone) for booking in found)


async def _seed(options: SeedOptions) -> tuple[tuple[Booking, ...], list[str]]:
    from batuta.tennis.seeding import Seed, apply
    from batuta.wiring import clock_of

    settings = settings_for(options.home)
    async with _desk(settings) as desk:
        given = Seed.from_file(options.file, desk.club)
        now = clock_of(settings, desk.club.time_zone).now()
        done = await apply(given, desk.store, now=now)
        booked = tuple(booking.at(desk.club.zone) for booking in done.booked)
        return booked, [error.slot_id for error in done.refused]


async def _slots(options: SlotsOptions) -> dict[str, Any]:
    from batuta.tennis.slots import read_date, read_time
    from batuta.wiring import clock_of

    day = read_date(options.date)
    time = read_time(options.time) if options.time else None
    settings = settings_for(options.home, options.now)
    async with _desk(settings) as desk:
        now = clock_of(settings, desk.club.time_zone).now()
        return (await desk.available(day, time, now=now)).to_json()


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncGenerator[TennisClub]:
    from batuta.wiring import open_tennis

    desk = await open_tennis(settings)
    try:
        yield desk
    finally:
        await desk.store.aclose()


def _show_bookings(found: tuple[Booking, ...]) -> None:
    from batuta.cli.view.screen import DIM, put, screen, table, text

    console = screen()
    shown = table(console, "day", "time", "court", "member", "booking", "")
    for booking in found:
        style = "" if booking.status == "confirmed" else DIM
        shown.add_row(
            text(f"{booking.date:%a} {booking.date}", style),
            text(f"{booking.start:%H:%M}-{booking.end:%H:%M}", style),
            text(booking.court, style),
            text(booking.member_id, style),
            text(booking.booking_id, style),
            text("" if booking.status == "confirmed" else booking.status, style),
        )
    put(console, shown)
