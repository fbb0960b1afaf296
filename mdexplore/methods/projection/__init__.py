"""Projections: from features to slow coordinates."""
