"""Models, and what stands in for them."""
