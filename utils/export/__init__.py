"""Scores and the grader itself, in the forms that other systems take."""
