"""The typed form behind styles A and B: its fields, questions, choices and steps."""
