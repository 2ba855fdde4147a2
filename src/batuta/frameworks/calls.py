"""What names the tool calls of a conversation, whichever framework carries them."""

from __future__ import annotations

from batuta.core.ids import new_id


class CallIds:
    """Gives every tool call of a conversation an id of its own: the model's, where it is free.

    Frameworks drop or refuse a second call under an id that they have seen, and there are models
    that count their calls from 1 in every reply.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """Give the id wanted, or one made of it."""
        wanted = wanted or new_id("call")
        made, number = wanted, 1
        while made in self._taken:
            number += 1
            made = f"{wanted}_{number}"
        self._taken.add(made)
        return made
