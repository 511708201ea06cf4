"""The verbs of the `course` command, a module for each kind of work."""
