"""What all tests share: figures are drawn without a window."""

import matplotlib

matplotlib.use("Agg")
