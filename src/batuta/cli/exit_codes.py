"""Exit codes that stand in no table of errors."""

WORSE, NOT_INSTALLED, INTERRUPTED = 1, 3, 130
