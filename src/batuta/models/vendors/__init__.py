"""Vendors' models: one mapping for each wire, on the vendor's own SDK.

No SDK is loaded before the first call.
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
