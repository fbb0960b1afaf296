"""State: the study that computes, and the session that panels share."""
