"""What is kept was not found, may not be seen, or cannot be reached."""

from __future__ import annotations

from batuta.errors.root import BatutaError


class SessionError(BatutaError):
    """No such session for this principal; says nothing about other people's sessions."""

    code = "session_not_found"

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        super().__init__(f"No session {session_id!r}. Leave session_id out to start a new one.")


class RecordNotFound(BatutaError):
    """No such run record for this principal."""

    code = "run_not_found"

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(f"No run {run_id!r}. Run ids are given with every reply.")


class AccessDenied(BatutaError):
    """The principal may not do this."""

    code = "access_denied"

    def __init__(self, principal: str, what: str) -> None:
        self.principal, self.what = principal, what
        super().__init__(f"{principal} may not {what}. Ask the operator for the right to.")


class StoreBusy(BatutaError):
    """Others kept the database busy; nothing was read or written."""

    retryable = True
    code = "store_busy"

    def __init__(self, what: str, waited_s: float) -> None:
        self.what, self.waited_s = what, waited_s
        super().__init__(f"{what} was busy for {waited_s:g} s and nothing was done. Try again.")


class StoreUnusable(BatutaError):
    """What keeps things is gone, damaged or full; nothing was confirmed.

    Args:
        what: Such as "Bookings database"; which one it is stands in the error's notes.
        detail: What is wrong with it.
        mend: What whoever keeps it should do.
    """

    code = "store_unusable"

    def __init__(self, what: str, detail: str, mend: str) -> None:
        self.what, self.detail, self.mend = what, detail, mend
        super().__init__(f"{what} {detail}. {mend}")


class StoreUnreachable(StoreBusy):
    """A database elsewhere does not answer; what was sent may have been done or not."""

    code = "store_unreachable"

    def __init__(self, what: str, waited_s: float, detail: str) -> None:
        super().__init__(what, waited_s)
        self.detail = detail
        self.args = (f"{what} cannot be reached: {detail}. Check the network, then try again.",)
