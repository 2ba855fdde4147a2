"""The model that records another, and the one that replays what was recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batuta.core.model import Abilities, Emit, ModelReply, ModelRequest, abilities_of, ignore
from batuta.errors import ReplayMismatch
from batuta.testing.recorded.content import VOLATILE, Content, Reader, filled
from batuta.testing.recorded.difference import AGAIN, nearest_of
from batuta.testing.recorded.file import Entry, Recorder, Recording
from batuta.testing.recorded.outcome import error_json, error_of, reply_json, reply_of, streamed

if TYPE_CHECKING:
    from batuta.core.model import Model


class RecordingModel:
    """Asks another model and writes down what it was asked and what it said, errors included.

    A call that is cancelled leaves nothing. Secrets are masked in the file, not in the reply.

    Args:
        into: A file, or a recorder that several models share.
    """

    def __init__(self, inner: Model, into: str | Path | Recorder) -> None:
        self._inner = inner
        self._recorder = into if isinstance(into, Recorder) else Recorder(into)

    @property
    def name(self) -> str:
        """The other model's name."""
        return self._inner.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the other model.

        Raises:
            ModelError: As the other model raises it.
            ConfigError: The file cannot be written.
        """
        recorder = self._recorder
        number = recorder.next_number()
        content = recorder.reader.content(request)
        veil = recorder.reader.veil(content)
        pieces: list[str] | None = None if emit is ignore else []

        def heard(piece: str) -> None:
            if pieces is not None:
                pieces.append(piece)
            emit(piece)

        try:
            reply = await self._inner.reply(request, ignore if pieces is None else heard)
        except Exception as error:
            said = {"error": error_json(error, self.name, veil)}
            recorder.write(
                Entry(number, self.name, content, {**said, **streamed(pieces, "", veil)})
            )
            raise
        said = {"reply": reply_json(reply, veil), **streamed(pieces, reply.text, veil)}
        recorder.write(Entry(number, self.name, content, said, reply.model))
        return reply

    async def abilities(self) -> Abilities:
        """See ``AbleModel.abilities``: the other model's."""
        return await abilities_of(self._inner)


class ReplayModel:
    """Says again what a recorded model said, found by what it is asked; asks nobody.

    The same request gives its replies in the order of asking. Ids that the request holds stand in
    the reply as they are today, so that what is told is true. Every reply is marked as a stand-in.

    Args:
        path: A recording; a ``Recording`` that was read will do too.
        secrets: As at recording.
        volatile: As at recording.
    """

    def __init__(
        self,
        path: str | Path | Recording,
        *,
        secrets: Sequence[str] = (),
        volatile: Sequence[str] = VOLATILE,
    ) -> None:
        self._recording = path if isinstance(path, Recording) else Recording.load(path)
        self._reader = Reader(secrets, volatile)
        self._waiting: dict[Content, list[Entry]] = {}
        for entry in self._recording.entries:
            self._waiting.setdefault(entry.content, []).append(entry)
        self._recorded = Counter(entry.content for entry in self._recording.entries)
        self.asked = 0

    @property
    def name(self) -> str:
        """The name, as ``replay:<file>``."""
        return f"replay:{self._recording.path.stem}"

    @property
    def facts(self) -> Mapping[str, Any]:
        """What was noted about the recording."""
        return self._recording.facts

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that were recorded."""
        entries = self._recording.entries
        return tuple(dict.fromkeys(entry.answered or entry.model for entry in entries))

    @property
    def left(self) -> int:
        """How many recorded calls nobody has asked for yet."""
        return sum(map(len, self._waiting.values()))

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Give the recorded reply, its text word by word, or raise the recorded error.

        Raises:
            ReplayMismatch: Nothing like it was recorded, or all of it was replayed.
            ModelError: That is what was recorded.
        """
        self.asked += 1
        content = self._reader.content(request)
        waiting = self._waiting.get(content)
        if not waiting:
            raise self._mismatch(content)
        entry = waiting.pop(0)
        said: Mapping[str, Any] = filled(dict(entry.told), content.ids)
        spoken = said.get("streamed", said.get("reply", {}).get("text", ""))
        for piece in _words(spoken):
            emit(piece)
        if "error" in said:
            raise error_of(said["error"], entry.model)
        return reply_of(said["reply"], f"replay:{entry.answered or entry.model}")

    def _mismatch(self, content: Content) -> ReplayMismatch:
        recording = self._recording
        asked = f"call {self.asked} of this replay"
        torn = " (its last line was cut off)" if recording.torn else ""
        times = self._recorded[content]
        if times:
            often = "once" if times == 1 else f"{times} times"
            detail = f"{asked} repeats a request that was recorded {often}{torn}. {AGAIN}"
            return ReplayMismatch(str(recording.path), detail)
        if not recording.entries:
            return ReplayMismatch(str(recording.path), f"it holds no call{torn}. {AGAIN}")
        unused = [entry for entries in self._waiting.values() for entry in entries]
        mend, lines = nearest_of(content, unused or recording.entries)
        detail = f"{asked} is not in it{torn}. {mend}"
        return ReplayMismatch(str(recording.path), detail, lines)


def _words(text: str) -> list[str]:
    return text.replace(" ", " \0").split("\0") if text else []
