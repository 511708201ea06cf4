"""What a student needs beside the notebooks: blanks, typed answers, visible checks, figures, exact costs.

Importing this package is cheap; torch, pint and matplotlib are loaded by the modules that need them.
"""
