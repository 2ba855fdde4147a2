"""How often is tried again: what is given wrongly is told when it is made."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.retry import Retry


@pytest.mark.parametrize("on", [ConnectionError, "ConnectionError", (1,), [ConnectionError]])
def test_what_is_no_tuple_of_exceptions_is_refused(on: Any) -> None:
    with pytest.raises(TypeError, match="a tuple of exceptions or their names"):
        Retry(on=on)


@pytest.mark.parametrize("limit", [0, -1.0, float("nan")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="timeout_s must be more than 0"):
        Retry(timeout_s=limit)
