"""The table of patterns: the control styles, and the ways to combine agents."""

from __future__ import annotations

from batuta.errors import ConfigError
from batuta.styles.ai_service import AI_SERVICE
from batuta.styles.compositions import COMPOSITIONS
from batuta.styles.function_calling import FUNCTION_CALLING
from batuta.styles.managed_agent import MANAGED_AGENT
from batuta.styles.manager import MANAGER, MANAGER_SERVICES
from batuta.styles.single_agent import SINGLE_AGENT
from batuta.styles.style import Style
from batuta.styles.workflow import WORKFLOW, WORKFLOW_SERVICES

STYLES: tuple[Style, ...] = (
    AI_SERVICE,
    WORKFLOW,
    WORKFLOW_SERVICES,
    FUNCTION_CALLING,
    SINGLE_AGENT,
    MANAGER,
    MANAGER_SERVICES,
    MANAGED_AGENT,
)
PATTERNS: tuple[Style, ...] = STYLES + COMPOSITIONS

DEFAULT_STYLE = FUNCTION_CALLING
"""Taken where none is named: it needs no extra, and of an App nothing."""


def find_style(key: str) -> Style:
    """Give a pattern by its key, in any case.

    Raises:
        ConfigError: There is none of that key.
    """
    wanted = key.strip().lower()
    found = next((each for each in PATTERNS if each.key == wanted), None)
    if found is None:
        styles = ", ".join(each.key for each in STYLES)
        others = ", ".join(each.key for each in COMPOSITIONS)
        raise ConfigError(
            f"There is no pattern {key!r}", f"Styles: {styles}. Compositions: {others}."
        )
    return found
