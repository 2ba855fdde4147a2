"""A model that fails on purpose, the same way every time, to see what a style does then."""

from batuta.faults.model_faults import Fault, Inject, Injected
from batuta.testing.faulty.model import FaultyModel

__all__ = ["Fault", "FaultyModel", "Inject", "Injected"]
