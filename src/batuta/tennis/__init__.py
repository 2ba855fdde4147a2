"""The reference application: a tennis club and its booking assistant."""
