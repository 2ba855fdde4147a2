"""Measures an App under every style, framework and model, on the same scenarios."""
