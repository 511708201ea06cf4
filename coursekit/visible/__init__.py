"""Visible checks, one module per lesson: how answers are read, and properties to verify by hand.

Importing them in a notebook makes the kernel remember what they say, for the notebook's last cell.
"""

from coursekit.run_record import begin

begin()
