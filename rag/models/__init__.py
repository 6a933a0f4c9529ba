"""The models: which there are, where they come from, and how each is run."""
