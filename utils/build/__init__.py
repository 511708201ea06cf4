"""Lessons to source to release: building, pulling back, proving, packaging."""
