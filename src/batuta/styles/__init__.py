"""The control styles: what each is, and what it is for one App here.

``resolve`` finds out once, when an App is opened; doors, hosts and commands take its ``Cast``.
"Shared or independent" is a choice of placement and nothing else: C is B, and G is F, with all but
the last of its agents elsewhere; any other style can be placed the same way.
"""

from batuta.styles.cast import AppStyle, Cast, app_style, resolve
from batuta.styles.frameworks import FRAMEWORKS, takes_framework
from batuta.styles.models import model_names, set_up, setting_names, with_models
from batuta.styles.placement import Placement, placed_names
from batuta.styles.remote import access_for
from batuta.styles.running import Claim, Running, find_running
from batuta.styles.style import Resources, Style, label_of
from batuta.styles.table import DEFAULT_STYLE, PATTERNS, STYLES, find_style

__all__ = [
    "DEFAULT_STYLE",
    "FRAMEWORKS",
    "PATTERNS",
    "STYLES",
    "AppStyle",
    "Cast",
    "Claim",
    "Placement",
    "Resources",
    "Running",
    "Style",
    "access_for",
    "app_style",
    "find_running",
    "find_style",
    "label_of",
    "model_names",
    "placed_names",
    "resolve",
    "set_up",
    "setting_names",
    "takes_framework",
    "with_models",
]
