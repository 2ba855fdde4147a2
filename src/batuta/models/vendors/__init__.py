"""Vendors' models, through pydantic-ai's model classes.

No vendor's SDK, nor pydantic-ai, is loaded before the first call.
"""

from batuta.models.vendors.access import (
    PROVIDERS,
    Missing,
    Provider,
    VendorAccess,
    lacking_extras_of,
    missing_here,
    missing_of,
)
from batuta.models.vendors.model import VendorModel

__all__ = [
    "PROVIDERS",
    "Missing",
    "Provider",
    "VendorAccess",
    "VendorModel",
    "lacking_extras_of",
    "missing_here",
    "missing_of",
]
