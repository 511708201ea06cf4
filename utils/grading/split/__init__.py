"""The trusted side of the split run: what runs graded cells and speaks with a box."""
