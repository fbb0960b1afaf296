"""Features: what is measured on every frame."""
