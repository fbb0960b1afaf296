"""Coarse states: from a Markov model to a few metastable states."""
