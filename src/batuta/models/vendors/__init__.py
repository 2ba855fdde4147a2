"""Vendors' models, through pydantic-ai's model classes.

No vendor's SDK, nor pydantic-ai, is loaded before the first call.
"""

from batuta.models.vendors.access import (
    PROVIDERS,
    Access,
    Lack,
    Provider,
    lack_here,
    lack_of,
    lacking_extras_of,
)
from batuta.models.vendors.model import VendorModel

__all__ = [
    "PROVIDERS",
    "Access",
    "Lack",
    "Provider",
    "VendorModel",
    "lack_here",
    "lack_of",
    "lacking_extras_of",
]
