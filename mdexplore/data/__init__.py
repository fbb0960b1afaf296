"""Trajectories: loading, checking, one frame at a time, and the examples that come with the package."""
