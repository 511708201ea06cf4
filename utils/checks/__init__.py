"""Hidden checks, one module per lesson, each proved on known mistakes and known alternatives."""
