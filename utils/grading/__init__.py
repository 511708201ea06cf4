"""From a class's submissions to scores: intake, the run of the class, the gradebook, sample classes."""
