"""An App whose model answers at any length: asked to ``say NUMBER TEXT``, it repeats the text."""

from __future__ import annotations

from batuta.app import App
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore


class Long:
    """Says a text again and again."""

    name = "long:1"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        _, times, text = request.messages[-1].text.split()
        return ModelReply(text * int(times), model=self.name)


app = App(name="long", instructions="Speak.", tools=(), models={"default": Long()})
