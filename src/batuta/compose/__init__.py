"""How agents combine: one file for each composition."""
