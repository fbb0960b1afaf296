"""Where to simulate next, and loops that do it on model systems."""
