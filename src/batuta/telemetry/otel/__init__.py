"""Runs as OpenTelemetry's spans and metrics; imported where something is sent."""
