"""What a student reads about graded work: a page for every notebook, and one that lists them."""
