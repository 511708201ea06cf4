"""Figures, one module per lesson: each draws the student's own results, given as arguments."""
