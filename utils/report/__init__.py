"""The report on a class for its instructor: scores, parts, known mistakes, checks to look at."""
