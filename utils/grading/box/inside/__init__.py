"""What runs inside a box, beside a student's code, and the format in which it talks to the outside."""
