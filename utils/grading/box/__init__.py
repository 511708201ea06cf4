"""The box: student code in namespaces of its own, with nothing in reach that is worth having."""
