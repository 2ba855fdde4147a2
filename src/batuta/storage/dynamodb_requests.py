"""Requests that may be sent again, and the writes that were begun for them, in a DynamoDB table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from batuta.core.clock import machine_time
from batuta.core.effect import LoggedEffect
from batuta.core.ids import new_id
from batuta.core.kept_content import KeptContent
from batuta.core.request import Request, RequestClaim
from batuta.core.result import json_text
from batuta.errors import RequestTakenOver, StoreBusy
from batuta.storage.dynamodb_client import DynamoTable, keyed, plain, typed
from batuta.storage.dynamodb_failures import ConditionFailed
from batuta.storage.dynamodb_table import INDEX
from batuta.storage.owners import LIVE, is_free, is_left, owner_of

_TRIES = 20
_MINE = "attribute_exists(pk) AND claim_owner = :me"


class DynamoEffects:
    """An ``EffectLog`` in a table, which the other stores may share.

    What ``orphans`` gives may be behind by a moment.

    Args:
        keep_hours: How long a request is known after its last try, and its writes after they began.
        kept: What is taken out of a write's arguments and result once it has ended.
    """

    def __init__(
        self, table: DynamoTable, *, keep_hours: float = 24.0, kept: KeptContent | None = None
    ) -> None:
        self._table, self.keep_hours = table, keep_hours
        self.kept = kept or KeptContent()

    async def begin(self, effect: LoggedEffect) -> LoggedEffect | None:
        """See ``EffectLog.begin``."""
        item: dict[str, str | int | bytes] = {
            **_effect_key(effect),
            "listing": keyed("UNTOLD", f"{effect.principal_id}|{effect.session_id}"),
            "place": machine_time().isoformat(),
            "effect": json_text(_written(replace(effect, status="begun", result=None))),
            "run_id": effect.run_id,
            "effect_status": "begun",
            "claim_owner": owner_of(),
            "beat": int(machine_time().timestamp() * 1_000),
            "expires_at": self._expiry(),
            "steps": effect.steps,
        }
        try:
            await self._table.do(
                "put_item",
                Item=typed(item),
                ConditionExpression="attribute_not_exists(pk) OR effect_status <> :done",
                ExpressionAttributeValues=typed({":done": "done"}),
            )
        except ConditionFailed:
            found = await self._item(_effect_key(effect))
            return None if found is None else _read(found)
        # Looked at after the note: whoever takes the request over by then has seen the note, or is
        # seen here.
        works = await self._item(_request(effect.principal_id, effect.request))
        if works is not None and works["claim_owner"] and works["run_id"] != effect.run_id:
            await self.end(replace(effect, status="failed"))
            raise RequestTakenOver
        return None

    async def end(self, effect: LoggedEffect) -> None:
        """See ``EffectLog.end``."""
        ended = json_text(_written(self.kept.effect(effect)))
        await self._table.do(
            "update_item",
            Key=typed(_effect_key(effect)),
            UpdateExpression="SET effect_status = :status, effect = :effect",
            ExpressionAttributeValues=typed({":status": effect.status, ":effect": ended}),
        )

    async def of_request(self, request: str, principal_id: str) -> tuple[LoggedEffect, ...]:
        """See ``EffectLog.of_request``."""
        return tuple(_read(item) for item in await self._of(request, principal_id))

    async def orphans(self, session_id: str, principal_id: str) -> tuple[LoggedEffect, ...]:
        """See ``EffectLog.orphans``."""
        listed = self._table.pages(
            "query",
            IndexName=INDEX,
            KeyConditionExpression="listing = :untold",
            ExpressionAttributeValues=typed(
                {":untold": keyed("UNTOLD", f"{principal_id}|{session_id}")}
            ),
        )
        now = machine_time().timestamp()
        found: list[LoggedEffect] = []
        async for page in listed:
            for key in page:
                item = await self._item({"pk": key["pk"], "sk": key["sk"]})
                if item is None or "listing" not in item or item["effect_status"] == "failed":
                    continue
                if is_left(item["claim_owner"], now - item["beat"] / 1_000):
                    found.append(_read(item))
        return tuple(found)

    async def settle(self, request: str, principal_id: str, *, answered: bool = False) -> None:
        """See ``EffectLog.settle``."""
        told = "REMOVE listing, place, steps" if answered else "REMOVE listing, place"
        for item in await self._of(request, principal_id):
            key = {"pk": item["pk"], "sk": item["sk"]}
            await self._table.do("update_item", Key=typed(key), UpdateExpression=told)

    async def _of(self, request: str, principal_id: str) -> list[dict[str, Any]]:
        pages = self._table.pages(
            "query",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=typed({":pk": _effects_of(principal_id, request)}),
            ConsistentRead=True,
        )
        items = [item async for page in pages for item in page]
        now = machine_time().timestamp()
        known = [i for i in items if i["effect_status"] != "failed" and i["expires_at"] > now]
        return sorted(known, key=lambda item: item["beat"])

    async def _item(self, key: Mapping[str, str | int | bytes]) -> dict[str, Any] | None:
        answer = await self._table.do("get_item", Key=typed(key), ConsistentRead=True)
        return plain(answer["Item"]) if "Item" in answer else None

    def _expiry(self) -> int:
        return int(machine_time().timestamp() + self.keep_hours * 3_600)


class DynamoRequests(DynamoEffects):
    """A ``RequestLog`` in a table, which the other stores may share."""

    async def claim(self, request: Request, *, fenced: bool = True) -> RequestClaim:
        """See ``RequestLog.claim``."""
        token = new_id("claim")
        LIVE.add(token)
        mine = False
        try:
            claim = await self._claimed(request, token, fenced=fenced)
            mine = claim.mine
            return claim
        finally:
            if not mine:
                LIVE.discard(token)

    async def _claimed(self, request: Request, token: str, *, fenced: bool) -> RequestClaim:
        for _ in range(_TRIES):
            now = machine_time().timestamp()
            found = await self._item(_request(request.principal_id, request.key))
            if found is None or found["expires_at"] <= now:
                seen, first, works = "", request, request.run_id
            else:
                seen = found["claim_owner"]
                first = replace(
                    request,
                    words=found["words"],
                    session_id=found["session_id"],
                    run_id=found["run_id"],
                )
                if not is_free(seen, now - found["beat"] / 1_000):
                    return RequestClaim(mine=False, first=first, again=True)
                works = request.run_id if fenced else first.run_id
            made = {
                **_request(request.principal_id, request.key),
                "words": first.words, "session_id": first.session_id, "run_id": works,
                "claim_owner": owner_of(token), "beat": int(now * 1_000),
                "expires_at": self._expiry(),
            }  # fmt: skip
            condition = "attribute_not_exists(pk) OR expires_at <= :now OR claim_owner = :seen"
            values = typed({":now": int(now), ":seen": seen})
            if found is None:
                condition, values = "attribute_not_exists(pk)", None
            more = {} if values is None else {"ExpressionAttributeValues": values}
            try:
                await self._table.do(
                    "put_item", Item=typed(made), ConditionExpression=condition, **more
                )
            except ConditionFailed:
                continue  # another was faster: look again
            return RequestClaim(mine=True, first=first, again=first is not request, token=token)
        raise StoreBusy(self._table.what, 0.0)

    async def start(self, claim: RequestClaim, run_id: str) -> None:
        """See ``RequestLog.start``."""
        await self._change("run_id", run_id, claim)

    async def renew(self, claim: RequestClaim) -> None:
        """See ``RequestLog.renew``."""
        await self._change("beat", int(machine_time().timestamp() * 1_000), claim)

    async def free(self, claim: RequestClaim) -> None:
        """See ``RequestLog.free``."""
        try:
            await self._change("claim_owner", "", claim)
        finally:  # else it is free for this process, and for others once it was silent
            LIVE.discard(claim.token)

    async def probe(self) -> None:
        """See ``Probe.probe``."""
        await self._table.probe()

    async def aclose(self) -> None:
        """Close the table, and with it every store on it; again does nothing."""
        await self._table.aclose()

    async def _change(self, what: str, value: str | int, claim: RequestClaim) -> None:
        try:
            await self._table.do(
                "update_item",
                Key=typed(_request(claim.first.principal_id, claim.first.key)),
                UpdateExpression=f"SET {what} = :value",
                ConditionExpression=_MINE,
                ExpressionAttributeValues=typed({":value": value, ":me": owner_of(claim.token)}),
            )
        except ConditionFailed:  # it was taken over meanwhile
            return


def _request(principal_id: str, key: str) -> dict[str, str | int | bytes]:
    return {"pk": keyed("REQUESTS", principal_id), "sk": keyed("CLAIM", key)}


def _effects_of(principal_id: str, request: str) -> str:
    return keyed("EFFECTS", f"{principal_id}|{request}")


def _effect_key(effect: LoggedEffect) -> dict[str, str | int | bytes]:
    return {
        "pk": _effects_of(effect.principal_id, effect.request), "sk": keyed("EFFECT", effect.key),
    }  # fmt: skip


_FIELDS = (
    *("key", "principal_id", "request", "session_id", "run_id", "tool"),
    *("arguments", "status", "result", "begun_at"),
)


def _written(effect: LoggedEffect) -> dict[str, Any]:
    return {name: getattr(effect, name) for name in _FIELDS}


def _read(item: Mapping[str, Any]) -> LoggedEffect:
    return LoggedEffect(**json.loads(item["effect"]), steps=item.get("steps", ""))
