"""Formgrader without a network: nbgrader's own pages, through the settings that nbgrader has for them."""
