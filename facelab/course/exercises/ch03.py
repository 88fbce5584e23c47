"""The exercises of chapter 03, faces and landmarks."""

from functools import cache

import numpy as np

from facelab.course.exercise import Exercise, Mistake
from facelab.faces import MIRROR
from facelab.studio import Person, Scene, render

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


def box_of_pixel_centres(left, top, right, bottom):
    return left - 0.5, top - 0.5, right + 0.5, bottom + 0.5


def box_shifted_by_one(left, top, right, bottom):
    return left + 1, top + 1, right + 1, bottom + 1


def box_with_size(left, top, right, bottom):
    return left, top, right - left + 1, bottom - top + 1


def box_with_size_one_short(left, top, right, bottom):
    return left, top, right - left, bottom - top


def box_in_css_order(left, top, right, bottom):
    return top, right + 1, bottom + 1, left


def rectangles():
    """One that everybody sees, one of a single pixel, and some whose numbers are drawn."""
    rng = np.random.default_rng(1)
    drawn = rng.integers(-20, 200, (3, 2)), rng.integers(0, 90, (3, 2))
    corners = np.hstack([drawn[0], drawn[0] + drawn[1]]).tolist()
    return [(179, 83, 266, 170), (0, 0, 0, 0), *map(tuple, corners)]


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
    """The same box, boxes that overlap, hold one another, lie apart; then some that are drawn."""
    box = (10.0, 20.0, 50.0, 80.0)
    near = np.round(np.random.default_rng(2).uniform(-9, 9, (2, 2, 4)) + box).tolist()
    return [
        (box, box),
        (box, (30.0, 40.0, 70.0, 100.0)),
        (box, (20.0, 30.0, 40.0, 60.0)),
        (box, (60.0, 90.0, 90.0, 120.0)),
        (box, (60.0, 30.0, 90.0, 70.0)),
        *(tuple(map(tuple, pair)) for pair in near),
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


def nose_backwards():
    return list(range(35, 29, -1)), False


def nose_in_other_order():
    return False, list(range(30, 36))


def nose_with_zero():
    return list(range(30, 36)), 0


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


def mirrored_both_ways(points, width):
    return width - points[MIRROR]


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


def nme_without_last_point(found, truth):
    return np.linalg.norm(found[17:67] - truth[17:67], axis=1).mean() / _eyes(truth, 36, 45)


def nme_as_root_mean_square(found, truth):
    squares = ((found[17:] - truth[17:]) ** 2).sum(axis=1)
    return np.sqrt(squares.mean()) / _eyes(truth, 36, 45)


def nme_without_root(found, truth):
    return ((found[17:] - truth[17:]) ** 2).sum(axis=1).mean() / _eyes(truth, 36, 45)


def _eyes(points, one, other):
    return np.linalg.norm(points[one] - points[other])


def found_and_true():
    rng = np.random.default_rng(5)
    truths = [rng.normal(128, 40, (68, 2)) for _ in range(3)]
    return [(truth + rng.normal(0, 3, (68, 2)), truth) for truth in truths]


# 03.6 An open eye that looks closed


def eye_ratio(eye):
    """Height of an eye over its width, from its 6 points (6, 2)."""
    width = np.linalg.norm(eye[0] - eye[3])
    height = np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])
    return height / (2 * width)


@cache
def open_eye(person, yaw=0.0, pitch=0.0, roll=0.0):
    """Eye ratio, from true points, of an open eye while the head is held so (degrees)."""
    scene = Scene(yaw=float(yaw), pitch=float(pitch), roll=float(roll))
    return eye_ratio(render(person, scene, size=64).landmarks[36:42])


def false_blink(person):
    """The angle that makes an open eye look closed, and the whole degree from which on it does."""
    # answer:
    half = open_eye(person) / 2
    found = "pitch", next(n for n in range(0, -61, -1) if open_eye(person, pitch=n) < half)
    # end answer
    return found


def blink_upwards(person):
    return "pitch", -false_blink(person)[1]


def blink_by_fixed_threshold(person):
    return "pitch", next(n for n in range(0, -61, -1) if open_eye(person, pitch=n) < 0.2)


def blink_in_tens(person):
    return "pitch", false_blink(person)[1] // 10 * 10


def blink_last_open_ten(person):
    return "pitch", false_blink(person)[1] // 10 * 10 + 10


def blink_elsewhere(person):
    return "pitch", None


def blink_by_yaw(person):
    return "yaw", None


def blink_by_roll(person):
    return "roll", None


def same_blink(got, wanted):
    """Whether the angles are the same and the degrees 1 apart at most; None stands for any."""
    (angle, degrees), (wanted_angle, wanted_degrees) = got, wanted
    near = wanted_degrees is None or abs(degrees - wanted_degrees) <= 1
    return angle == wanted_angle and near


def somebody():
    return {"person": Person.from_seed(2026)}


def that_person(person):
    return [(person,)]


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
                box_of_pixel_centres,
                "Right where pixel centres are whole numbers. Ours are at +0.5: add half a pixel "
                "to each of your edges.",
            ),
            Mistake(
                box_shifted_by_one,
                "Your box has the right size and lies one pixel too far right and down. Pixel 179 "
                "begins at 179: only right and bottom grow.",
            ),
            Mistake(
                box_with_size,
                "That is (x, y, width, height). Here a box is its four edges: left, top, right, "
                "bottom.",
            ),
            Mistake(
                box_with_size_one_short,
                "That is (x, y, width, height), and both sizes are one short: pixels 3 to 5 are "
                "three. Here a box is its four edges: left, top, right, bottom.",
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
            Mistake(
                nose_backwards,
                "The right points and the right line, from the other end. Begin at the tip.",
            ),
            Mistake(
                nose_in_other_order,
                "Both are right, in the other order: first the points, then whether the line is "
                "closed.",
            ),
            Mistake(
                nose_with_zero,
                "The points are right and the line is open. Say it with False: 0 is a number.",
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
            Mistake(
                mirrored_both_ways,
                "x is right. But y ran along: who is mirrored does not stand on their head. Only "
                "column 0 becomes width - x.",
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
            Mistake(
                nme_without_last_point,
                "[17:67] ends at 66, for Python leaves out the end: the last point of the lips is "
                "missing. Take [17:].",
            ),
            Mistake(
                nme_as_root_mean_square,
                "That is the root of the mean square, in which a single far point counts most. "
                "Take the root for each point, then the mean.",
            ),
            Mistake(
                nme_without_root,
                "A distance is the *root* of dx squared plus dy squared: yours are squared pixels.",
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
        asks="the angle that makes this open eye look closed, and from how many degrees on",
        answer=false_blink,
        probes=that_person,
        example=somebody,
        same=same_blink,
        mistakes=[
            Mistake(
                blink_upwards,
                "The right angle, the wrong way: a negative pitch looks *down*. Try the sign.",
            ),
            Mistake(
                blink_by_fixed_threshold,
                "There the ratio falls below the fixed .2 of the tutorials. Compare with half of "
                "what this person has looking straight ahead.",
            ),
            Mistake(
                blink_in_tens,
                "The right angle, found in steps of ten. Now go by ones, from the last ten at "
                "which the eye still counts as open.",
            ),
            Mistake(
                blink_last_open_ten,
                "Here the eye still counts as open: print its ratio over the one at 0 degrees. "
                "Now go on by ones.",
            ),
            Mistake(
                blink_elsewhere,
                "Pitch it is, but look again at the degrees: print the ratio over the one at 0 for "
                "each whole degree around the place where it falls below .5.",
            ),
            Mistake(
                blink_by_yaw,
                "Yaw brings the *corners* together, so that the width shrinks and the ratio "
                "grows. Print it at 60 degrees.",
            ),
            Mistake(
                blink_by_roll,
                "Roll turns all six points together, and distances know nothing of that: the "
                "ratio stays.",
            ),
        ],
        hints=[
            "One angle at a time, both ways. Which of them changes the width of the eye, which its "
            "height, which neither?",
            "Seen from above, the two lids come close together, and the corners stay apart.",
            "It is pitch, and looking down. Some degree between -40 and -50 is the first.",
        ],
        reveal="Who looks down seems to blink: the distance between the lids is foreshortened, the "
        "one between the corners is not. Size and roll leave the ratio alone, yaw makes it grow. A "
        "blink detector has to know the pose.",
    ),
]
