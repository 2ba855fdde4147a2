"""The doors: thin, they authenticate, limit, run and map errors."""
