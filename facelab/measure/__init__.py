"""How far is it from the truth? Every number comes with its n and an interval over people."""

from facelab.measure.intervals import interval
from facelab.measure.landmark_error import inter_ocular, nme
from facelab.measure.verification import auc, pairs, retrieved

__all__ = ["auc", "inter_ocular", "interval", "nme", "pairs", "retrieved"]
