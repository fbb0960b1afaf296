"""Worker processes: progress, cancel, and the latest request wins."""
