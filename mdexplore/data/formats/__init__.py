"""One file a format: a scan that finds every frame before a decoder touches the file, and a reader with random access."""
