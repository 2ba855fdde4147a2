"""Agents as processes of their own: one process that hosts some, and a keeper of several.

``host`` is ``batuta host``; ``placed`` is what ``batuta up`` does, as a library.
"""

from batuta.hosting.processes import Placed, Wish, placed
from batuta.hosting.serving import Hosted, Hosting, host, hosted
from batuta.hosting.supervisor import supervised
from batuta.hosting.target import Cast, Target, cast_of

__all__ = [
    "Cast",
    "Hosted",
    "Hosting",
    "Placed",
    "Target",
    "Wish",
    "cast_of",
    "host",
    "hosted",
    "placed",
    "supervised",
]
