"""Visible checks, one module per lesson: how typed answers are read, and properties one can verify by hand."""
