"""AWS in one place: clients in threads, what they raise, what stands around a call, credentials."""
