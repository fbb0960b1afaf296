"""Panels: one widget a file; each is a function of results and the selection."""
