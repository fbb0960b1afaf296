"""Kinetics: from microstates to a Markov model."""
