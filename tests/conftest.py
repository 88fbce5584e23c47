"""What all tests share: figures are drawn without a window, and nobody's progress is touched."""

import os

import matplotlib

matplotlib.use("Agg")
os.environ["FACELAB_PROGRESS"] = "off"  # inherited by every process that a test starts
