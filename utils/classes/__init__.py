"""What a class needs around grading: roster, due dates, extensions, a late policy, requests to look again."""
