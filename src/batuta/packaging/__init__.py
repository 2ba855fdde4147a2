"""Builds zips for AWS Lambda: no Docker, locked versions, the same input gives the same bytes."""

from batuta.packaging.build import Package, PackageSpec, build_package

__all__ = ["Package", "PackageSpec", "build_package"]
