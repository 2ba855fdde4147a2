"""Exit codes that stand in no table of errors."""

NOT_INSTALLED, INTERRUPTED = 3, 130
