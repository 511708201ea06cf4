"""From what a learning platform exports to `submitted/<student>/<assignment>/`, one hand-in a student."""
