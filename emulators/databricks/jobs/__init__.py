"""Jobs: definitions, runs and their life, from the request to the notebook's result."""
