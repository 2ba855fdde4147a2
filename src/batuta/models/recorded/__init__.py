"""Records what models were asked and said in a file to read, and replays it with no model."""

from batuta.models.recorded.content import VOLATILE
from batuta.models.recorded.file import Recorder, Recording
from batuta.models.recorded.model import RecordingModel, ReplayModel

__all__ = ["VOLATILE", "Recorder", "Recording", "RecordingModel", "ReplayModel"]
