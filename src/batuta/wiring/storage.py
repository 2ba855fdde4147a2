"""Picks what keeps sessions, records, bookings and durable runs, as the settings say."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batuta.errors import ConfigError, missing_extra

if TYPE_CHECKING:
    from batuta.core.kept_content import KeptContent
    from batuta.core.record import RunStore
    from batuta.core.session import SessionStore
    from batuta.core.turn import TurnStore
    from batuta.runtimes.durable import Engine, Overview, Store
    from batuta.settings import Settings
    from batuta.storage.attachments_dynamodb import DynamoAttachments
    from batuta.storage.attachments_sqlite import SqliteAttachments
    from batuta.storage.dynamodb import DynamoRuns, DynamoSessions
    from batuta.storage.dynamodb_client import DynamoTable
    from batuta.storage.dynamodb_requests import DynamoRequests
    from batuta.storage.requests_sqlite import SqliteRequests
    from batuta.storage.sqlite import SqliteRuns, SqliteSessions
    from batuta.tennis.bookings import BookingStore

# Imported where they are used: boto3 takes a while, and is an extra.


def open_stores(
    settings: Settings,
) -> tuple[SqliteSessions, SqliteRuns] | tuple[DynamoSessions, DynamoRuns]:
    """Open what keeps sessions and run records; in DynamoDB they share the table's connections.

    Raises:
        ConfigError: boto3 is missing.
    """
    if settings.store == "dynamodb":
        table = open_table(settings)
        from batuta.storage.dynamodb import DynamoRuns, DynamoSessions

        kept = settings.keep_days
        return DynamoSessions(table, keep_days=kept), DynamoRuns(
            table, keep_days=kept, key_hours=settings.key_hours
        )
    from batuta.storage.sqlite import SqliteRuns, SqliteSessions

    path, kept = settings.database, settings.keep_days
    return (
        SqliteSessions(path, keep_days=kept),
        SqliteRuns(path, keep_days=kept, key_hours=settings.key_hours),
    )


def turns_of(sessions: SessionStore, records: RunStore) -> TurnStore | None:
    """Give what keeps a turn of two stores in one go, where they are in one file; else None."""
    from batuta.storage.sqlite import SqliteRuns, SqliteSessions

    if isinstance(sessions, SqliteSessions) and isinstance(records, SqliteRuns):
        from batuta.storage.sqlite_turns import SqliteTurns

        return SqliteTurns(sessions, records) if records.shares_file(sessions) else None
    return None


def open_requests(settings: Settings) -> SqliteRequests | DynamoRequests:
    """Open what knows requests that may be sent again, and the writes begun for them.

    Raises:
        ConfigError: boto3 is missing.
    """
    if settings.store == "dynamodb":
        table = open_table(settings)
        from batuta.storage.dynamodb_requests import DynamoRequests

        return DynamoRequests(table, keep_hours=settings.key_hours, kept=kept_content(settings))
    from batuta.storage.requests_sqlite import SqliteRequests

    return SqliteRequests(
        settings.requests, keep_hours=settings.key_hours, kept=kept_content(settings)
    )


def open_attachments(settings: Settings) -> SqliteAttachments | DynamoAttachments:
    """Open what keeps the bytes of images and files.

    Raises:
        ConfigError: boto3 is missing.
    """
    if settings.store == "dynamodb":
        table = open_table(settings)
        from batuta.storage.attachments_dynamodb import DynamoAttachments

        return DynamoAttachments(table, keep_days=settings.keep_days)
    from batuta.storage.attachments_sqlite import SqliteAttachments

    return SqliteAttachments(settings.attachments, keep_days=settings.keep_days)


def kept_content(settings: Settings) -> KeptContent:
    """Give what is taken out of conversations and records before they are kept."""
    from batuta.core.kept_content import KeptContent, without_secrets

    hidden = without_secrets if settings.redact == "secrets" else None
    return KeptContent(redact=hidden, most_chars=settings.kept_chars)


def open_records(settings: Settings) -> SqliteRuns | DynamoRuns:
    """Open what keeps run records, alone.

    Raises:
        ConfigError: boto3 is missing.
    """
    return open_stores(settings)[1]


def open_bookings(settings: Settings) -> BookingStore:
    """Open what keeps the tennis club's bookings.

    Raises:
        ConfigError: boto3 is missing.
    """
    if settings.store == "dynamodb":
        table = open_table(settings)
        from batuta.tennis.bookings_dynamodb import DynamoBookings

        return DynamoBookings(table)
    from batuta.tennis.bookings_sqlite import SqliteBookings

    return SqliteBookings(settings.bookings)


def open_table(settings: Settings) -> DynamoTable:
    """Open the DynamoDB table of the settings; nothing is asked of it yet.

    Raises:
        ConfigError: boto3 is missing.
    """
    from batuta.aws.client import check_installed
    from batuta.settings import VendorSettings
    from batuta.storage.dynamodb_client import DynamoTable, TableOptions

    check_installed("Setting store=dynamodb")

    where = settings.vendors.get("dynamodb", VendorSettings())
    return DynamoTable(
        settings.table, TableOptions(region=where.region, endpoint_url=where.base_url)
    )


def where_kept(settings: Settings, file: Path | None = None) -> str:
    """Say where something is kept, for messages; None for sessions and run records."""
    if settings.store == "dynamodb":
        return f"DynamoDB table {settings.table}"
    return str(file or settings.database)


def durable_engine(app: str, settings: Settings, **options: Any) -> Engine | None:
    """Make what records an App's runs; None where the settings say that they are not durable.

    Args:
        options: As ``Engine`` takes them: at_once, lease_s, most_attempts.

    Raises:
        ConfigError: DBOS is not installed, or the setting names no database that it can use.
    """
    if not settings.durable:
        return None
    store = _durable_store(settings)
    from batuta.runtimes.durable import Engine

    return Engine(store, app, slot=settings.slot, **options)


def probe_durable(settings: Settings) -> None:
    """See that the database of durable runs can be read and written; makes no new file.

    Raises:
        BatutaError: It cannot, or the settings name none that could.
    """
    if not settings.durable:
        return
    store = _durable_store(settings)
    if store.is_sqlite and not Path(store.where).exists():
        return
    try:
        store.probe()
    finally:
        store.close()


def durable_overview(settings: Settings, principal_id: str) -> Overview | None:
    """Open the view of a principal's durable runs; None where none can have been made yet.

    Raises:
        ConfigError: As ``durable_engine`` raises it.
    """
    if not settings.durable:
        return None
    store = _durable_store(settings)
    if not store.has_runs():
        return None
    from batuta.runtimes.durable import Overview

    return Overview(store, principal_id)


def _durable_store(settings: Settings) -> Store:
    place = str(settings.home / "durable.db") if settings.durable == "sqlite" else settings.durable
    if settings.durable != "sqlite" and not place.startswith(_POSTGRES):
        # Its value is not told: it may hold a password.
        raise ConfigError(
            "Setting durable is no place to record runs",
            "Set BATUTA_DURABLE to sqlite, or to the postgresql:// URL of a database.",
        )
    if find_spec("dbos") is None:
        raise missing_extra("Durable runs need DBOS", "durable")
    from batuta.runtimes.durable import Store

    return Store(place, keep_days=settings.keep_days)


_POSTGRES = ("postgresql://", "postgres://")
