"""The root of the tree, and what is wrong before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

_LINKS = 10
_ENDS = (".", "!", "?", "…", ":")


class BatutaError(Exception):
    """Root of the tree: catch this to catch whatever the package raises on purpose.

    ``done`` says what the failed agent, and all that it called, had done by then that stays done;
    ``in_hand`` what agents that it had asked had answered. The runtime sets both, and they are part
    of what the error says.
    """

    retryable = False
    code = "error"
    done = ""
    in_hand = ""

    def __str__(self) -> str:
        return with_rest(super().__str__(), self)


def with_rest(text: str, error: BatutaError) -> str:
    """Say after a text what an error has done and in hand all the same."""
    rest = " ".join(part for part in (error.done, error.in_hand) if part)
    if rest and text and not text.endswith(_ENDS):
        text += "."
    return f"{text} {rest}".strip() if rest else text


def message_of(error: BatutaError) -> str:
    """Give what went wrong, without what was done before it."""
    return Exception.__str__(error)


def notes_of(error: BaseException) -> tuple[str, ...]:
    """Give what an error notes for whoever runs the program, such as which file it is."""
    return tuple(getattr(error, "__notes__", ()))


def causes(raised: BaseException) -> Iterator[BaseException]:
    """Give an exception, and those that it came from."""
    current: BaseException | None = raised
    for _ in range(_LINKS):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


class ConfigError(BatutaError):
    """A setting is wrong or missing.

    Args:
        what: The setting or object at fault.
        mend: What the user should do about it, as a full sentence.
    """

    code = "config"

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(f"{what}. {mend}")


class InvalidInput(BatutaError):
    """What the user sent cannot be taken as it is."""

    code = "invalid_input"

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(f"{what}. {mend}")


class Conflict(BatutaError):
    """Somebody else changed the same thing first; read it again and retry."""

    retryable = True
    code = "conflict"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what} was changed meanwhile. Read it again and retry.")


class LimitReached(BatutaError):
    """A door's own limit: too many requests or runs at once.

    Args:
        retry_after_s: Seconds after which another try can succeed.
    """

    retryable = True
    code = "limit_reached"

    def __init__(self, what: str, *, limit: int, retry_after_s: float) -> None:
        self.what, self.limit, self.retry_after_s = what, limit, retry_after_s
        super().__init__(f"Limit of {limit} {what} reached. Try again in {retry_after_s:.0f} s.")
