"""What is fetched from addresses that a user names: from where that is allowed, and no further."""

from batuta.web.fetch import FetchLimits, fetch_attachment

__all__ = ["FetchLimits", "fetch_attachment"]
