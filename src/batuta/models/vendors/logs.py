"""Takes secrets out of what the vendors' own libraries log, at whatever level that is switched on.

botocore's debug log holds the session token of temporary credentials; the HTTP libraries log a
gateway's URL with the password in it.
"""

from __future__ import annotations

import logging

from batuta.core.redaction import masked


def mask_logs(*packages: str) -> None:
    """Mask all that these packages' loggers say; to do it again takes in those made since."""
    for name in list(logging.Logger.manager.loggerDict):
        if name.partition(".")[0] in packages:
            logging.getLogger(name).addFilter(_mask)


def _mask(record: logging.LogRecord) -> bool:
    """Mask a record's text and its traceback; one that cannot be read is dropped."""
    try:
        text = record.getMessage()
    except (TypeError, ValueError, LookupError):
        return False
    kept = masked(text)
    if kept != text:
        record.msg, record.args = kept, ()
    if record.exc_info and not record.exc_text:
        record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
    return True
