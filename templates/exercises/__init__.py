"""Chapter NN: its exercises and its figures."""
