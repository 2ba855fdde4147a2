"""Where agents run, and what stands around everything they do."""
