"""Doubles of a model for tests of your own: scripted, recorded and faulty."""
