"""Environment variables that look like settings and are none."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches

from batuta.settings import PREFIX, Settings
from batuta.settings.secrets import SECRETS_ARN
from batuta.settings.tables import vendor_variables


def unread_variables(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Find variables with our prefix that nobody reads, each with the one that may be meant.

    Args:
        environment: None takes the process's own; values are not looked at.
    """
    source = os.environ if environment is None else environment
    plain = [field.name for field in fields(Settings) if field.default is not MISSING]
    own = {PREFIX + name.upper() for name in (*plain, "placement")}
    known = {*own, *vendor_variables(), SECRETS_ARN}
    strange = sorted(name for name in source if name.startswith(PREFIX) and name not in known)
    return {name: _nearest(name, known) for name in strange}


def _nearest(name: str, known: Collection[str]) -> str:
    bare = [one.removeprefix(PREFIX) for one in known]
    found = get_close_matches(name.removeprefix(PREFIX), bare, 1)
    return PREFIX + found[0] if found else ""
