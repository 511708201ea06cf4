"""The instructor's side of the course: references, checks, the build and the grading. It never ships."""
