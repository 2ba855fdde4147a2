"""Lets Strands Agents hold the loop, on our Run; it is imported at first use."""

from batuta.frameworks.strands.loop import StrandsLoop

__all__ = ["StrandsLoop"]
