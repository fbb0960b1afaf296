"""Pictures: what will be drawn, as small frozen values; no widget here."""
