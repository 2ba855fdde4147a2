"""Where a style's agents live: in this process, or at addresses of their own.

"Shared or independent" is this choice and nothing else: C is B, and G is F, with all but the last
of its agents elsewhere; any other style can be placed the same way.
"""

from batuta.placement.elsewhere import access_for, apart, available_here, missing_here
from batuta.placement.places import Placement, lack_of, placed_names, placement_of
from batuta.placement.running import Claim, Running, find_running

__all__ = [
    "Claim",
    "Placement",
    "Running",
    "access_for",
    "apart",
    "available_here",
    "find_running",
    "lack_of",
    "missing_here",
    "placed_names",
    "placement_of",
]
