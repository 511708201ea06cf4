"""Answers without notebooks: sheets of answers and transcripts, judged by the checks of the notebooks."""
