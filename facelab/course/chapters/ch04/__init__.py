"""Chapter 04, a data set of faces: its exercises, its figures and where its collection lies."""
