"""Code that ``scripts/generate_grpc.py`` wrote from ``batuta.proto``; do not edit."""
