"""Training loops: seeded, resumable, with previews and the swap error against the truth."""
