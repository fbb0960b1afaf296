"""How far mdexplore can be trusted: each figure is measured by one function; ``python -m benchmarks.trust`` prints the table."""
