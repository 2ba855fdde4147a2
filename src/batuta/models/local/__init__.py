"""A language model on this machine, from packages alone: llama.cpp's server on loopback.

``LocalModel`` starts it when it is first asked, in a process that ends with this one.
"""

from batuta.models.local.model import LocalModel
from batuta.models.local.weights import PROVIDER, weights_command, weights_of

__all__ = ["PROVIDER", "LocalModel", "weights_command", "weights_of"]
