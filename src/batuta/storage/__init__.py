"""Where sessions and run records are kept."""
