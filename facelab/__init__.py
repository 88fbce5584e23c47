"""Deepfakes from scratch, on people who do not exist: the modules behind the course's notebooks."""
