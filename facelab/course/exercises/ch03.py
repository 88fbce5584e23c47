"""The exercises of chapter 03, faces and landmarks."""

import numpy as np

from facelab.course.exercise import Exercise, Mistake
from facelab.faces import MIRROR

# 03.1 A box in our pixels


def to_box(left, top, right, bottom):
    """The edges (left, top, right, bottom) of a box whose first and last pixels dlib names."""
    # answer:
    return left, top, right + 1, bottom + 1
    # end answer


def box_as_it_came(left, top, right, bottom):
    return left, top, right, bottom


def box_with_half_pixels(left, top, right, bottom):
    return left + 0.5, top + 0.5, right + 0.5, bottom + 0.5


def box_with_size(left, top, right, bottom):
    return left, top, right - left + 1, bottom - top + 1


def box_in_css_order(left, top, right, bottom):
    return top, right + 1, bottom + 1, left


def rectangles():
    return [(179, 83, 266, 170), (0, 0, 0, 0), (-5, 10, 40, 60)]


# 03.2 Do two boxes agree?


def iou(a, b):
    """Intersection over union of two boxes (left, top, right, bottom)."""
    # answer:
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (a, b)]
    return width * height / (sum(areas) - width * height)
    # end answer


def iou_without_end(a, b):
    """Lets the overlap of boxes that lie apart be the product of two negative numbers."""
    overlap = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    return overlap / (_area(a) + _area(b) - overlap)


def iou_counted_twice(a, b):
    return _overlap(a, b) / (_area(a) + _area(b))


def iou_of_the_smaller(a, b):
    return _overlap(a, b) / min(_area(a), _area(b))


def iou_of_the_frame(a, b):
    """Divides by the box around both."""
    frame = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    return _overlap(a, b) / _area(frame)


def iou_as_size(a, b):
    """Takes the boxes for (x, y, width, height)."""
    return iou((a[0], a[1], a[0] + a[2], a[1] + a[3]), (b[0], b[1], b[0] + b[2], b[1] + b[3]))


def _overlap(a, b):
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    return width * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def _area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def box_pairs():
    box = (10.0, 20.0, 50.0, 80.0)
    return [
        (box, box),
        (box, (30.0, 40.0, 70.0, 100.0)),
        (box, (20.0, 30.0, 40.0, 60.0)),
        (box, (60.0, 90.0, 90.0, 120.0)),
        (box, (60.0, 30.0, 90.0, 70.0)),
    ]


# 03.3 The line under the nose


def nose_line():
    """The indices of the line and whether it is closed."""
    # answer:
    nose = list(range(30, 36)), False
    # end answer
    return nose


def nose_of_the_book():
    return list(range(30, 35)), True


def nose_one_short():
    return list(range(30, 35)), False


def nose_closed():
    return list(range(30, 36)), True


def nose_without_tip():
    return list(range(31, 36)), False


def nose_from_one():
    return list(range(31, 37)), False


# 03.4 A mirrored face


def mirrored(points, width):
    """The 68 points (68, 2) after their picture, `width` pixels wide, is mirrored."""
    # answer:
    return points[MIRROR] * np.float32([-1, 1]) + np.float32([width, 0])
    # end answer


def mirrored_without_names(points, width):
    return points * np.float32([-1, 1]) + np.float32([width, 0])


def mirrored_one_pixel_off(points, width):
    return points[MIRROR] * np.float32([-1, 1]) + np.float32([width - 1, 0])


def mirrored_around_zero(points, width):
    return points[MIRROR] * np.float32([-1, 1])


def mirrored_names_only(points, width):
    return points[MIRROR]


def mirrored_upside_down(points, width):
    return points[MIRROR] * np.float32([1, -1]) + np.float32([0, width])


def point_sets():
    rng = np.random.default_rng(4)
    return [(rng.uniform(0, 256, (68, 2)).astype(np.float32), width) for width in (256, 301)]


# 03.5 One number for all points


def nme(found, truth):
    """Mean error of points 17 to 67, in units of the distance between the outer eye corners."""
    # answer:
    eyes = np.linalg.norm(truth[36] - truth[45])
    return np.linalg.norm(found[17:] - truth[17:], axis=1).mean() / eyes
    # end answer


def nme_in_pixels(found, truth):
    return np.linalg.norm(found[17:] - truth[17:], axis=1).mean()


def nme_with_jaw(found, truth):
    return np.linalg.norm(found - truth, axis=1).mean() / _eyes(truth, 36, 45)


def nme_by_inner_corners(found, truth):
    return nme_in_pixels(found, truth) / _eyes(truth, 39, 42)


def nme_from_one(found, truth):
    return nme_in_pixels(found, truth) / _eyes(truth, 37, 46)


def nme_by_box(found, truth):
    return nme_in_pixels(found, truth) / np.sqrt(np.prod(np.ptp(truth, axis=0)))


def nme_by_pupils(found, truth):
    pupils = truth[36:42].mean(0) - truth[42:48].mean(0)
    return nme_in_pixels(found, truth) / np.linalg.norm(pupils)


def nme_by_found_eyes(found, truth):
    return nme_in_pixels(found, truth) / _eyes(found, 36, 45)


def nme_along_wrong_axis(found, truth):
    return np.linalg.norm(found[17:] - truth[17:], axis=0).mean() / _eyes(truth, 36, 45)


def nme_as_norm(found, truth):
    """One norm of all differences instead of the mean of one per point."""
    return np.linalg.norm(found[17:] - truth[17:]) / _eyes(truth, 36, 45)


def _eyes(points, one, other):
    return np.linalg.norm(points[one] - points[other])


def found_and_true():
    rng = np.random.default_rng(5)
    truths = [rng.normal(128, 40, (68, 2)) for _ in range(3)]
    return [(truth + rng.normal(0, 3, (68, 2)), truth) for truth in truths]


# 03.6 Is the eye open?


def eye_ratio(eye):
    """Height of an eye over its width, from its 6 points (6, 2)."""
    # answer:
    width = np.linalg.norm(eye[0] - eye[3])
    height = np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])
    return height / (2 * width)
    # end answer


def eye_ratio_of_both_lids(eye):
    return 2 * eye_ratio(eye)


def eye_ratio_crossed(eye):
    height = np.linalg.norm(eye[1] - eye[4]) + np.linalg.norm(eye[2] - eye[5])
    return height / (2 * np.linalg.norm(eye[0] - eye[3]))


def eye_ratio_upside_down(eye):
    return 1 / eye_ratio(eye)


def eye_ratio_of_lids(eye):
    """Takes distances along the lids for distances between them."""
    height = np.linalg.norm(eye[1] - eye[2]) + np.linalg.norm(eye[4] - eye[5])
    return height / (2 * np.linalg.norm(eye[0] - eye[3]))


def eye_ratio_without_x(eye):
    height = abs(eye[1] - eye[5])[1] + abs(eye[2] - eye[4])[1]
    return height / (2 * abs(eye[0] - eye[3])[0])


def eyes():
    open_eye = np.array([(0, 5), (8, 0), (16, 1), (24, 6), (16, 10), (8, 9)], float)
    turned = open_eye @ np.array([(0.8, 0.6), (-0.6, 0.8)])
    return [(open_eye,), (turned,), (open_eye * (1, 0.2) + 30,)]


EXERCISES = [
    Exercise(
        number="03.1",
        level="understand",
        asks="the four edges of a rectangle whose first and last pixels dlib names",
        answer=to_box,
        probes=rectangles,
        mistakes=[
            Mistake(
                box_as_it_came,
                "right and bottom are still dlib's last pixels inside the box. Pixel 266 spans "
                "266 to 267, so the edge is at 267; a box of one pixel must not have width 0.",
            ),
            Mistake(
                box_with_half_pixels,
                "Half a pixel moves points, which sit in pixel centres. Edges sit between "
                "pixels: the left one is where its pixel begins, the right one where it ends.",
            ),
            Mistake(
                box_with_size,
                "That is (x, y, width, height). Here a box is its four edges: left, top, right, "
                "bottom.",
            ),
            Mistake(
                box_in_css_order,
                "That is face_recognition's order (top, right, bottom, left). Ours is left, top, "
                "right, bottom.",
            ),
        ],
        hints=[
            "Draw a row of pixels. If only pixel 0 is inside, where does the box begin and end?",
            "Pixel n spans n to n + 1. The left edge of the first pixel is its own number.",
            "Left and top stay as they are; right and bottom grow by one.",
        ],
        reveal="Pixel n spans n to n + 1. The first pixel's left edge is its number, the last "
        "pixel's right edge is its number plus one.",
    ),
    Exercise(
        number="03.2",
        level="apply",
        asks="the intersection over union of two boxes",
        answer=iou,
        probes=box_pairs,
        mistakes=[
            Mistake(
                iou_without_end,
                "Boxes that lie apart must give 0. Their overlap has a negative width and a "
                "negative height, and the product of the two is positive: cut both off at 0.",
            ),
            Mistake(
                iou_counted_twice,
                "A box with itself must give 1, and yours gives 0.5: the sum of both areas counts "
                "the overlap twice. Subtract it once.",
            ),
            Mistake(
                iou_of_the_smaller,
                "A small box inside a large one gives 1 here, though they disagree about the "
                "size. Divide by the union of both, not by the smaller one.",
            ),
            Mistake(
                iou_of_the_frame,
                "You divide by the box around both, which holds corners that belong to neither. "
                "The union is one area plus the other minus the overlap.",
            ),
            Mistake(
                iou_as_size,
                "You took the boxes for (x, y, width, height). They are (left, top, right, "
                "bottom).",
            ),
        ],
        hints=[
            "The overlap is a box too: from the larger of the two lefts to the smaller of the two "
            "rights.",
            "If its width comes out negative, the boxes lie apart and the overlap is 0.",
            "The union is area(a) + area(b) - overlap, for the sum counts the overlap twice.",
        ],
        reveal="Overlap over union: 1 for the same box, 0 for boxes apart. Shift and wrong size "
        "both lower it, which is why detectors are compared with it.",
    ),
    Exercise(
        number="03.3",
        level="understand",
        asks="the indices from the tip of the nose along its base, and whether the line is closed",
        answer=nose_line,
        mistakes=[
            Mistake(
                nose_of_the_book,
                "That is the published line, with both bugs: a slice leaves out its end, so point "
                "35 is missing, and a closed line runs across the nostrils back to the tip.",
            ),
            Mistake(
                nose_one_short,
                "Nearly: the line is open now, but range(30, 35) ends at 34. The wing of the nose "
                "on the picture's right is point 35.",
            ),
            Mistake(
                nose_closed,
                "All the points are there. But a closed line runs from 35 straight back to the "
                "tip, where no face has an edge: say False.",
            ),
            Mistake(
                nose_without_tip,
                "The line begins at the tip, point 30, so that the bridge (27 to 30) and the base "
                "(31 to 35) hang together.",
            ),
            Mistake(
                nose_from_one,
                "You counted from 1, as the iBUG pictures do. In Python the tip is 30, and 36 is "
                "already a corner of an eye.",
            ),
        ],
        hints=[
            "Look at the picture with the numbers: which points lie along the base of the nose?",
            "Python leaves out the end: list(range(30, 35)) ends with 34.",
            "Six points, 30 to 35; and is there an edge from 35 back to 30 on a face?",
        ],
        reveal="Tip 30 and base 31 to 35, six points, in an open line. The published code lost "
        "point 35 to a slice, and with it every drawing that its network was trained on.",
    ),
    Exercise(
        number="03.4",
        level="apply",
        asks="the 68 points of a mirrored picture",
        answer=mirrored,
        probes=point_sets,
        mistakes=[
            Mistake(
                mirrored_without_names,
                "The places are right, the names are not: point 36 is now on the eye at the "
                "picture's right. Rename with points[MIRROR].",
            ),
            Mistake(
                mirrored_one_pixel_off,
                "width - 1 - x is the rule for pixel numbers. Our x is continuous, a picture "
                "spans 0 to width, and the middle has to stay in the middle: width - x.",
            ),
            Mistake(
                mirrored_around_zero,
                "You mirrored at the left edge of the picture, so that all x are negative. The "
                "mirror stands in the middle: x becomes width - x.",
            ),
            Mistake(
                mirrored_names_only,
                "The points have new names and still their old places. x becomes width - x.",
            ),
            Mistake(
                mirrored_upside_down,
                "You turned the picture upside down: column 0 is x, column 1 is y.",
            ),
        ],
        hints=[
            "Two things happen: every point moves, and left and right change their names.",
            "The left edge x = 0 comes to x = width, and the middle stays where it is.",
            "points[MIRROR] gives the names; then x becomes width - x and y stays.",
        ],
        reveal="Places and names both change. A network that learns from mirrored pictures without "
        "new names is told that left is right every second time.",
    ),
    Exercise(
        number="03.5",
        level="apply",
        asks="the mean distance of points 17 to 67 over the true distance of the outer eye corners",
        answer=nme,
        probes=found_and_true,
        mistakes=[
            Mistake(
                nme_in_pixels,
                "This is the error in pixels: a picture twice as large has twice the error. Divide "
                "by the distance between the outer eye corners.",
            ),
            Mistake(
                nme_with_jaw,
                "You counted the jaw, points 0 to 16, where even people disagree along the "
                "contour. Take points 17 to 67 only.",
            ),
            Mistake(
                nme_by_inner_corners,
                "39 and 42 are the inner corners of the eyes. The outer ones are 36 and 45; the "
                "inner ones make the same error look two to three times as large.",
            ),
            Mistake(
                nme_from_one,
                "The papers count from 1: their points 37 and 46 are 36 and 45 in Python.",
            ),
            Mistake(
                nme_by_box,
                "You divided by the size of the box, which makes errors look smaller. The 300-W "
                "challenge divides by the distance of the outer eye corners.",
            ),
            Mistake(
                nme_by_pupils,
                "You divided by the distance of the pupils (the eyes' means), which makes errors "
                "look about 1.4 times as large. Take the outer corners, 36 and 45.",
            ),
            Mistake(
                nme_by_found_eyes,
                "You measured with a rubber ruler: the eye corners that were found. Divide by "
                "the true ones.",
            ),
            Mistake(
                nme_along_wrong_axis,
                "axis=0 takes one length of all x and one of all y. A distance belongs to a point: "
                "its x and y lie along axis=1.",
            ),
            Mistake(
                nme_as_norm,
                "np.linalg.norm without an axis is one length of all differences together. Take a "
                "distance for each point (axis=1), then the mean.",
            ),
        ],
        hints=[
            "First a distance for each point: np.linalg.norm of the difference, along axis=1.",
            "Points 17 to 67 are [17:]. The ruler is the distance of truth[36] and truth[45].",
            "np.linalg.norm(found[17:] - truth[17:], axis=1).mean(), divided by that ruler.",
        ],
        reveal="A mean distance over a ruler that lies on the face itself: so the number does not "
        "know how large the picture is, and two studies can be compared if they use one ruler.",
    ),
    Exercise(
        number="03.6",
        level="explore",
        asks="the height of an eye over its width, from its six points",
        answer=eye_ratio,
        probes=eyes,
        mistakes=[
            Mistake(
                eye_ratio_of_both_lids,
                "You have the sum of two heights over one width. Divide by 2 to have their mean.",
            ),
            Mistake(
                eye_ratio_crossed,
                "The pairs are crossed: the points run around the eye, so above point 5 stands 1 "
                "and above 4 stands 2.",
            ),
            Mistake(
                eye_ratio_upside_down,
                "That is width over height: it grows as the eye closes. Turn it over.",
            ),
            Mistake(
                eye_ratio_of_lids,
                "1 and 2 are both on the upper lid. A height runs between the lids: 1 to 5 and 2 "
                "to 4.",
            ),
            Mistake(
                eye_ratio_without_x,
                "Differences of y are heights only as long as the head is upright. Distances "
                "(np.linalg.norm) stand a tilted head.",
            ),
        ],
        hints=[
            "The six points run around the eye: corner 0, upper lid 1 and 2, corner 3, lower lid 4 "
            "and 5.",
            "The width is the distance of 0 and 3, the heights those of 1 and 5 and of 2 and 4.",
            "The mean of the two heights over the width: (h1 + h2) / (2 * width).",
        ],
        reveal="The eye aspect ratio (Soukupova and Cech 2016): it falls when the eye closes, and "
        "neither size nor tilt of the head changes it.",
    ),
]
