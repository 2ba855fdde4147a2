"""The nouns: on the standard library and pydantic alone."""
