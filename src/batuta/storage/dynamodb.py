"""Sessions and run records in a DynamoDB table, safe between processes and machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Self

from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.core.spending import RunSpending
from batuta.errors import Conflict, RecordNotFound, SessionError
from batuta.storage.content import content_of
from batuta.storage.dynamodb_client import DynamoTable, keyed, plain, typed
from batuta.storage.dynamodb_document import HEAD, Documents, StoredDocument, packed, unpacked
from batuta.storage.dynamodb_failures import ConditionFailed, TransactionCancelled
from batuta.storage.dynamodb_spending import read_spending, spending_update

_LIVING_ONES_OF_MINE = "principal_id = :me AND expires_at > :now"


class _OnTable:
    """What both stores share: a table that is closed, and documents in it."""

    def __init__(self, table: DynamoTable, *, keep_days: float = 90) -> None:
        self._table, self._documents = table, Documents(table, keep_days)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def probe(self) -> None:
        """See ``Probe.probe``."""
        await self._table.probe()

    async def aclose(self) -> None:
        """Close the table, and with it every store on it; again does nothing."""
        await self._table.aclose()


class DynamoSessions(_OnTable):
    """A ``SessionStore`` in a table, which the other stores may share.

    A session expires some days after its last save, and is then as if it were not there. Listings
    may be behind by a moment, and are newest first by the clocks of those who saved.

    Args:
        keep_days: Days after its last save that a session is kept.
    """

    async def load(self, session_id: str, principal_id: str) -> Session:
        """See ``SessionStore.load``."""
        found = None
        if _is_text(session_id):
            found = await self._documents.read(keyed("SESSION", session_id))
        if found is None or found.head["principal_id"] != principal_id:
            raise SessionError(session_id)

        def read(document: StoredDocument = found) -> Session:
            session = _session(document.head)
            session.history = [Message.from_json(raw) for raw in document.value()]
            return session

        return await self._table.away(
            lambda: content_of(read, f"Session {session_id!r}", self._table.what)
        )

    async def save(self, session: Session) -> None:
        """See ``SessionStore.save``; one that expired or was deleted is not made again.

        Raises:
            InvalidInput: The state alone takes more than DynamoDB's 400 kB.
        """
        documents, version = self._documents, session.version + 1
        # Encoded before the first await, as others may change it; messages are immutable.
        state, history = packed(session.state), tuple(session.history)
        pk = keyed("SESSION", session.id)
        head: dict[str, str | int | bytes] = {
            "pk": pk,
            "sk": HEAD,
            "listing": keyed("SESSIONS", session.principal_id),
            "session_id": session.id,
            "principal_id": session.principal_id,
            "version": version,
            "updated_at": session.updated_at,
            "state": state,
            "expires_at": documents.expiry(),
        }
        made = await documents.pack([message.to_json() for message in history], order=version)
        await documents.write_pieces(pk, made)
        # Taken last: whoever saved first has the earlier place.
        head |= {"place": documents.place(), **made.attributes()}
        try:
            await self._table.do("put_item", Item=typed(head), **self._unless_changed(head))
        except ConditionFailed as error:
            if len(made.pieces) > 1:
                await documents.forget(pk, of=made.mark)
            raise self._why(head, plain(error.item)) from error
        session.version = version
        if len(made.pieces) > 1 and version > 1:
            await documents.forget(pk, before=version)

    async def list(self, principal_id: str, limit: int = 100) -> Sequence[Session]:
        """See ``SessionStore.list``."""
        if not _is_text(principal_id):
            return []
        found = await self._documents.listed(keyed("SESSIONS", principal_id), limit)
        return [
            content_of(
                lambda head=head: _session(head),
                f"Session {head['session_id']!r}",
                self._table.what,
            )
            for head in found
        ]

    async def delete(self, session_id: str, principal_id: str) -> None:
        """See ``SessionStore.delete``."""
        if not _is_text(session_id) or not _is_text(principal_id):
            raise SessionError(session_id)
        pk = keyed("SESSION", session_id)
        try:
            gone = await self._table.do(
                "delete_item",
                Key=typed({"pk": pk, "sk": HEAD}),
                ConditionExpression=_LIVING_ONES_OF_MINE,
                ExpressionAttributeValues=typed(
                    {":me": principal_id, ":now": self._documents.now()}
                ),
                ReturnValues="ALL_OLD",
            )
        except ConditionFailed as error:
            raise SessionError(session_id) from error
        if plain(gone["Attributes"])["pieces"]:
            await self._documents.forget(pk)

    def _unless_changed(self, head: Mapping[str, Any]) -> dict[str, Any]:
        if head["version"] == 1:
            condition = "attribute_not_exists(pk) OR expires_at <= :now"
            values = {":now": self._documents.now()}
        else:
            condition = "principal_id = :me AND version = :seen"
            values = {":me": head["principal_id"], ":seen": head["version"] - 1}
        return {
            "ConditionExpression": condition,
            "ExpressionAttributeValues": typed(values),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _why(self, head: Mapping[str, Any], stands: Mapping[str, Any]) -> Exception:
        mine = stands.get("principal_id") == head["principal_id"]
        if mine and stands["expires_at"] > self._documents.now():
            return Conflict(f"Session {head['session_id']!r}")
        return SessionError(head["session_id"])


class DynamoRuns(_OnTable):
    """A ``RunStore`` in a table, which the other stores may share.

    A record expires some days after its save, one with a request key not before its hours are over.
    One that is saved again keeps its place in listings,
    which may be behind by a moment; ``find`` never is, and gives what was saved last by a key.

    Args:
        keep_days: Days after its save that a record is kept.
        key_hours: Hours for which one with a request key stays, whatever ``keep_days`` says.
    """

    def __init__(self, table: DynamoTable, *, keep_days: float = 90, key_hours: float = 24) -> None:
        super().__init__(table, keep_days=keep_days)
        self._key_days = max(keep_days, key_hours / 24)

    async def save(self, record: RunRecord, request_key: str = "") -> None:
        """See ``RunStore.save``.

        Raises:
            RecordNotFound: The id belongs to another principal.
        """
        documents, principal_id = self._documents, record.principal_id
        pk = keyed("RUN", record.run_id)
        expires = documents.expiry(self._key_days if request_key else None)
        made = await documents.pack(await self._table.away(record.to_json))
        await documents.write_pieces(pk, made)
        head = {
            "listing": keyed("RUNS", principal_id),
            "run_id": record.run_id,
            "principal_id": principal_id,
            "request_key": request_key,
            "expires_at": expires,
            **made.attributes(),
        }
        here = {"TableName": self._table.name}
        day = self._table.clock.now().astimezone(UTC).date().isoformat()
        updates = (_update(pk, head, documents), spending_update(record, day))
        writes = [{"Update": update | here} for update in updates]
        if request_key:
            found_by = {
                **_request(request_key, principal_id), "run_id": record.run_id,
                "expires_at": expires,
            }  # fmt: skip
            writes.append({"Put": {"Item": typed(found_by), **here}})
        try:
            await self._table.do("transact_write_items", TransactItems=writes)
        except (ConditionFailed, TransactionCancelled) as error:
            await documents.forget(pk, of=made.mark)
            raise RecordNotFound(record.run_id) from error

    async def load(self, run_id: str, principal_id: str) -> RunRecord:
        """See ``RunStore.load``."""
        found = await self._documents.read(keyed("RUN", run_id)) if _is_text(run_id) else None
        if found is None or found.head["principal_id"] != principal_id:
            raise RecordNotFound(run_id)
        return (await self._records([found]))[0]

    async def find(self, request_key: str, principal_id: str) -> RunRecord | None:
        """See ``RunStore.find``."""
        if not request_key or not _is_text(request_key) or not _is_text(principal_id):
            return None
        answer = await self._table.do(
            "get_item", Key=typed(_request(request_key, principal_id)), ConsistentRead=True
        )
        if "Item" not in answer:
            return None
        found = await self._documents.read(keyed("RUN", plain(answer["Item"])["run_id"]))
        if found is None or found.head["principal_id"] != principal_id:
            return None
        if found.head["request_key"] != request_key:
            return None
        return (await self._records([found]))[0]

    async def list(self, principal_id: str, limit: int = 50) -> Sequence[RunRecord]:
        """See ``RunStore.list``."""
        if not _is_text(principal_id):
            return []
        listed = await self._documents.listed(keyed("RUNS", principal_id), limit)
        return await self._records(await self._documents.read_all([each["pk"] for each in listed]))

    async def spending(self, principal_id: str | None, since: str = "") -> Sequence[RunSpending]:
        """See ``SpendingStore.spending``; everybody's is found by reading the whole table."""
        if principal_id is not None and not _is_text(principal_id):
            return []
        return await read_spending(self._table, principal_id, since)

    async def _records(self, documents: Sequence[StoredDocument]) -> Sequence[RunRecord]:
        def read() -> Sequence[RunRecord]:
            return [
                content_of(
                    lambda each=each: RunRecord.from_json(each.value()),
                    f"Run {each.head['run_id']!r}",
                    self._table.what,
                )
                for each in documents
            ]

        return await self._table.away(read)


def _update(pk: str, head: Mapping[str, str | int | bytes], documents: Documents) -> dict[str, Any]:
    """Say how to write the head of a run: the place that it has it keeps."""
    told = ", ".join(f"{name} = :{name}" for name in head)
    values = {f":{name}": value for name, value in head.items()}
    return {
        "Key": typed({"pk": pk, "sk": HEAD}),
        "UpdateExpression": f"SET place = if_not_exists(place, :place), {told}",
        "ConditionExpression": (
            "attribute_not_exists(pk) OR principal_id = :principal_id OR expires_at <= :now"
        ),
        "ExpressionAttributeValues": typed(
            {**values, ":place": documents.place(), ":now": documents.now()}
        ),
    }


def _request(request_key: str, principal_id: str) -> dict[str, str | int | bytes]:
    return {"pk": keyed("REQUESTS", principal_id), "sk": keyed("REQUEST", request_key)}


def _session(head: Mapping[str, Any]) -> Session:
    return Session(
        head["session_id"],
        head["principal_id"],
        state=unpacked(head["state"]),
        version=head["version"],
        updated_at=head["updated_at"],
    )


def _is_text(name: str) -> bool:
    """Tell whether it can be written; under half a surrogate pair nothing was ever saved."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
