"""Typed answers: read what a person wrote, decide whether it is right, and say how it was understood."""
