"""Models that agree with measurements: observables, and the augmented Markov model."""
