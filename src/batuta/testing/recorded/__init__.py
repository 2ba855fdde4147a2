"""Records what models were asked and said in a file to read, and replays it with no model."""

from batuta.testing.recorded.content import VOLATILE
from batuta.testing.recorded.file import Recorder, Recording
from batuta.testing.recorded.model import RecordingModel, ReplayModel

__all__ = ["VOLATILE", "Recorder", "Recording", "RecordingModel", "ReplayModel"]
