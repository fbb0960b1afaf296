"""New structures and points: Boltzmann generators, draws from fuzzy states, and checks of what was generated. torch is imported only to train."""
