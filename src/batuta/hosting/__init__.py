"""Agents as processes of their own: one process that hosts some, and a keeper of several.

``host`` is ``batuta host``; ``placed`` is what ``batuta up`` does, as a library.
"""

from batuta.hosting.processes import Placed, ServiceSpec, placed
from batuta.hosting.serving import Hosted, Hosting, check_listening, host, hosted
from batuta.hosting.supervisor import supervised
from batuta.hosting.target import Target

__all__ = [
    "Hosted",
    "Hosting",
    "Placed",
    "ServiceSpec",
    "Target",
    "check_listening",
    "host",
    "hosted",
    "placed",
    "supervised",
]
