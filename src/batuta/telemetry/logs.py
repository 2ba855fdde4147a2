"""Log lines that say which run and trace they are of; as text, or as JSON for a program."""

from __future__ import annotations

import json
import logging
from time import gmtime

from batuta.core.at_work import at_work
from batuta.core.redaction import masked
from batuta.core.trace import traceparent

PACKAGE = "batuta"


class RunIds(logging.Filter):
    """Notes on each line the ids of the run that is at work where it was logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line through, with its ids; empty outside of runs."""
        frame = at_work.get()
        record.run_id = record.trace_id = ""
        if frame is not None:
            job = frame.job
            record.run_id = job.run_id
            record.trace_id = traceparent(job.run_id, "", job.trace.context).split("-")[1]
        return True


class TextLines(logging.Formatter):
    """Writes what was said, and in a run which one it was."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        said = masked(super().format(record))
        run_id, trace_id = _ids(record)
        return f"{said} [{run_id}, trace {trace_id}]" if run_id else said


class JsonLines(logging.Formatter):
    """Writes one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        run_id, trace_id = _ids(record)
        told = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
            **({"run_id": run_id, "trace_id": trace_id} if run_id else {}),
        }
        if record.exc_info:
            told["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def set_up_logs(form: str) -> None:
    """Write this package's log lines to stderr, unless whoever started the process has seen to it.

    Args:
        form: ``json`` or ``text``.
    """
    logger = logging.getLogger(PACKAGE)
    if logging.getLogger().handlers or logger.handlers:
        return
    handler = logging.StreamHandler()
    formatter = JsonLines() if form == "json" else TextLines()
    formatter.converter = gmtime
    handler.setFormatter(formatter)
    handler.addFilter(RunIds())
    logger.addHandler(handler)
    logger.propagate = False


def _ids(record: logging.LogRecord) -> tuple[str, str]:
    noted = vars(record)
    return noted.get("run_id", ""), noted.get("trace_id", "")
