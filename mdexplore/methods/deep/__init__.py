"""Networks as slow coordinates: pairs of frames in, plain arrays out. torch is imported inside functions, and only to train."""
