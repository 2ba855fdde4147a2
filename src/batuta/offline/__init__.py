"""A stand-in model: deterministic rules for English, no key, no network."""

from batuta.offline.model import OfflineModel

__all__ = ["OfflineModel"]
