"""Clusterings: from coordinates to microstates."""
