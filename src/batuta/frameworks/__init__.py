"""Other people's agent loops on our Run."""
