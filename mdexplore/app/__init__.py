"""The app: layout, theme, page and server."""
