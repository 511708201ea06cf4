"""What Validate obeys on a student's computer. It is read anew at every press of the button."""

from coursekit.time_limits import TimeLimits

c = get_config()  # type: ignore[name-defined] # noqa: F821 - given by nbgrader, which runs this file

# Validate blocks the whole server while it runs, so an endless loop must not hold it for long.
c.Execute.timeout_func = TimeLimits(cell=60, notebook=180)
