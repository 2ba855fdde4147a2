"""The root of the tree, and what is wrong before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

_LINKS = 10
_IN_GROUP = 5
_ENDS = (".", "!", "?", "…", ":")


class Portable:
    """Lets an exception be copied, and cross to another process, with all that it says."""

    args: tuple[Any, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return remade, (type(self), self.args, vars(self))


class BatutaError(Portable, Exception):
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


class RemoteCause(Exception):
    """What an error was raised from, in a process whose exceptions are not here.

    Args:
        classes: Names of what it was there, its own class first.
    """

    def __init__(self, text: str, classes: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.classes = classes


def remade(kind: type[Portable], args: tuple[Any, ...], fields: Mapping[str, Any]) -> Portable:
    """Make an exception of what another was made of; no two constructors are alike."""
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(fields)
    return error


def members_of(error: BaseException) -> list[BaseException]:
    """Give what a group of exceptions holds, however deep; of any other, itself."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
    return [each for one in inner for each in members_of(one)]


def sole(error: BaseException) -> BaseException:
    """Give the error of ours that a group comes to, where all in it are of one class; else it."""
    every = members_of(error)
    first = every[0]
    alike = isinstance(first, BatutaError) and all(type(each) is type(first) for each in every)
    return first if alike else error


def described(error: BaseException) -> str:
    """Say what an exception says; of a group also what its members were."""
    if not isinstance(error, BaseExceptionGroup):
        return _words(error)
    group = cast("BaseExceptionGroup[BaseException]", error)
    every = members_of(group)
    told = [f"{type(each).__name__}: {_words(each)}".rstrip(": ") for each in every[:_IN_GROUP]]
    more = f"; and {len(every) - _IN_GROUP} more" if len(every) > _IN_GROUP else ""
    return f"{group.message} ({'; '.join(told)}{more})"


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # the boundary: what an error says is its own code
        return "what it says cannot be read"


def message_of(error: BatutaError) -> str:
    """Give what went wrong, without what was done before it."""
    return Exception.__str__(error)


def notes_of(error: BaseException) -> tuple[str, ...]:
    """Give what an error notes for whoever runs the program, such as which file it is."""
    return tuple(getattr(error, "__notes__", ()))


def causes(raised: BaseException) -> Iterator[BaseException]:
    """Give an exception, and those that it came from, members of groups too."""
    current: BaseException | None = raised
    for _ in range(_LINKS):
        if current is None:
            return
        yield current
        if isinstance(current, BaseExceptionGroup):
            yield from members_of(cast("BaseExceptionGroup[BaseException]", current))
        current = current.__cause__ or current.__context__


def classes_in(raised: BaseException) -> set[str]:
    """Name the classes of an exception and of those that it came from, in other processes too."""
    names: set[str] = set()
    for each in causes(raised):
        names.update(kind.__name__ for kind in type(each).__mro__)
        if isinstance(each, RemoteCause):
            names.update(each.classes)
    return names


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
