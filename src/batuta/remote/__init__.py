"""An agent elsewhere, written once: the call that travels, its result, who signs it, its frame."""
