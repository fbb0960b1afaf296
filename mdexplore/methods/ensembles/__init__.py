"""Several ensembles together: MBAR, TRAM, and paths under another potential."""
