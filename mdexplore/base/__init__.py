"""What every layer stands on: errors, notices, units, the cache, workers and fast kernels."""
