"""Figures for papers, and the self-contained report."""
