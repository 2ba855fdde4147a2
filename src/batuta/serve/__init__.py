"""Doors over the network."""
