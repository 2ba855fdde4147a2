"""Who decides: one file for each control style."""
