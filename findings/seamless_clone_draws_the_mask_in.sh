#!/usr/bin/env bash
# opencv-python-headless 4.14.0.94 and 5.0.0.93, cv2.seamlessClone with NORMAL_CLONE.
#
# The mask that is handed over is not the mask that is cloned: it is eroded by three pixels on each
# side first, and nothing in its documentation says so. A square mask of 6 x 6 pixels clones nothing,
# without an error: the target comes back as it was. One of 40 has a rim in which the target's
# texture stays. For a face swap that means a brow or a chin at the mask's border is not the new
# person's, and that a Poisson solver written out in full agrees with OpenCV only when it is given
# a mask three pixels smaller. (A mask of 5 moves nine pixels by one level: rounding.)
#
# Seen: side of a square mask of 255, largest change of a flat target of 100, cloned from noise of
# 60 to 139; how many rows of the picture change by more than 10 levels:
#   side  5: largest change  1, rows  0
#   side  6: largest change  0, rows  0
#   side  7: largest change 25, rows  1
#   side  8: largest change 45, rows  2
#   side 12: largest change 54, rows  7
#   side 40: largest change 58, rows 36
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 4.14.0.94 5.0.0.93; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet numpy==2.4.6 "opencv-python-headless==$version"
    "$folder/$version/bin/python" - <<'PYTHON' | tee "$folder/seen"
import cv2
import numpy as np

rng = np.random.default_rng(0)
target = np.full((100, 100, 3), 100, np.uint8)
source = rng.integers(60, 140, (100, 100, 3), dtype=np.uint8)
for side in (5, 6, 7, 8, 12, 40):
    mask = np.zeros((100, 100, 3), np.uint8)
    mask[40 : 40 + side, 40 : 40 + side] = 255
    centre = (40 + side // 2,) * 2  # where the mask's rectangle lies already
    cloned = cv2.seamlessClone(source, target, mask, centre, cv2.NORMAL_CLONE)
    change = np.abs(cloned.astype(int) - target).max(2)
    rows = (change > 10).any(1).sum()
    print(f"side {side:2}: largest change {change.max():2}, rows {rows:2}")
PYTHON
    diff <(grep -E '^#   side ' "$0" | sed 's/^#   //') "$folder/seen" && echo "$version: as described above."
done
