"""Visible checks, one module per lesson: how answers are read, and properties to verify by hand."""
