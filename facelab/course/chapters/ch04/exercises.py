"""The exercises of chapter 04, a data set of faces."""

import numpy as np

from facelab.course.exercise import Exercise, Mistake

# 04.1 A looser threshold


def looser():
    """What a larger threshold does to recall and to precision."""
    # answer:
    recall, precision = "up", "down"
    # end answer
    return recall, precision


# 04.2 Precision and recall


def precision_recall(distances, wanted, threshold, there):
    """Precision and recall of the faces (n,) within the threshold; `there` is how many exist."""
    # answer:
    accepted = distances <= threshold
    right = (accepted & wanted).sum()
    return right / max(accepted.sum(), 1), right / there
    # end answer


def precision_recall_exchanged(distances, wanted, threshold, there):
    return precision_recall(distances, wanted, threshold, there)[::-1]


def precision_recall_of_the_found(distances, wanted, threshold, there):
    """Forgets the faces that no detector found."""
    return precision_recall(distances, wanted, threshold, wanted.sum())


def precision_recall_from_beyond(distances, wanted, threshold, there):
    """Accepts what is far away."""
    accepted = distances > threshold
    right = (accepted & wanted).sum()
    return right / max(accepted.sum(), 1), right / there


def precision_recall_with_accuracy(distances, wanted, threshold, there):
    accepted = distances <= threshold
    return (accepted == wanted).mean(), precision_recall(distances, wanted, threshold, there)[1]


def precision_recall_of_all(distances, wanted, threshold, there):
    right = ((distances <= threshold) & wanted).sum()
    return right / len(distances), right / there


def precision_recall_strictly(distances, wanted, threshold, there):
    accepted = distances < threshold
    right = (accepted & wanted).sum()
    return right / max(accepted.sum(), 1), right / there


def precision_recall_of_nothing(distances, wanted, threshold, there):
    """Divides by nothing where nothing is accepted."""
    accepted = distances <= threshold
    right = (accepted & wanted).sum()
    return np.float64(right) / accepted.sum(), right / there


def folders():
    """Distances, who is wanted, a threshold, how many there are: one accepts nothing at all."""
    rng = np.random.default_rng(11)
    found = []
    for threshold in (0.4, 0.5, 0.05):
        wanted = rng.random(20) < 0.6
        distances = np.round(rng.normal(np.where(wanted, 0.32, 0.55), 0.1), 2).clip(0.1)
        distances[int(np.argmax(wanted))] = threshold if threshold > 0.1 else 0.2
        found.append((distances, wanted, threshold, int(wanted.sum()) + 3))
    return found


# 04.3 A threshold of your own


def loose_enough(distances, wanted):
    """The smallest threshold that keeps at least 95 % of the wanted faces that were found."""
    # answer:
    ours = np.sort(distances[wanted])
    threshold = ours[int(np.ceil(0.95 * len(ours))) - 1]
    # end answer
    return threshold


def threshold_of_dlib(distances, wanted):
    return 0.6


def threshold_of_the_book(distances, wanted):
    return 0.65


def threshold_of_all_faces(distances, wanted):
    return np.sort(distances)[int(np.ceil(0.95 * len(distances))) - 1]


def threshold_for_everyone(distances, wanted):
    return distances[wanted].max()


def threshold_without_a_stranger(distances, wanted):
    return np.nextafter(distances[~wanted].min(), 0)


def threshold_of_the_mean(distances, wanted):
    return distances[wanted].mean()


def about_the_same(got, wanted):
    """Whether a threshold is one, read from a curve: a smaller one would lose a face."""
    return isinstance(got, int | float | np.number) and -1e-3 <= got - wanted <= 0.008


def some_folder():
    """Distances as in the chapter: some hard pictures of the wanted, some look-alikes."""
    rng = np.random.default_rng(5)
    wanted = np.arange(70) < 40
    far = np.where(wanted, rng.normal(0.28, 0.07, 70), rng.normal(0.57, 0.09, 70))
    far[:3], far[40:44] = (0.47, 0.5, 0.55), (0.33, 0.36, 0.4, 0.43)
    far[44:48] = 0.62, 0.68, 0.7, 0.74
    return {"distances": np.round(far, 3), "wanted": wanted}


# 04.4 Umeyama's similarity


def similarity(points, onto):
    """The shift, turn and scale (2, 3) that bring points (n, 2) nearest to others (n, 2)."""
    # answer:
    start, end = points.mean(0), onto.mean(0)
    one, other = (points - start) @ (1, 1j), (onto - end) @ (1, 1j)
    factor = np.vdot(one, other) / np.vdot(one, one).real
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, end - turn @ start])
    # end answer


def similarity_without_scale(points, onto):
    matrix = similarity(points, onto)
    turn = matrix[:, :2] / np.hypot(*matrix[:, 0])
    return np.column_stack([turn, onto.mean(0) - turn @ points.mean(0)])


def similarity_backwards(points, onto):
    return similarity(onto, points)


def similarity_turned_the_other_way(points, onto):
    turn = similarity(points, onto)[:, :2].T
    return np.column_stack([turn, onto.mean(0) - turn @ points.mean(0)])


def similarity_without_shift(points, onto):
    """Forgets that the turn moves the middle of the points too."""
    return np.column_stack([similarity(points, onto)[:, :2], onto.mean(0) - points.mean(0)])


def similarity_about_the_origin(points, onto):
    """Does not centre the points first."""
    one, other = points @ (1, 1j), onto @ (1, 1j)
    factor = np.vdot(one, other) / np.vdot(one, one).real
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, onto.mean(0) - turn @ points.mean(0)])


def similarity_that_may_shear(points, onto):
    """All six numbers of an affine map, fitted freely."""
    ones = np.column_stack([points, np.ones(len(points))])
    return np.linalg.lstsq(ones, onto, rcond=None)[0].T


def similarity_of_spreads(points, onto):
    """Takes the scale from the two spreads, which noise makes larger."""
    matrix = similarity(points, onto)
    spread = [np.linalg.norm(p - p.mean(0)) for p in (points, onto)]
    turn = matrix[:, :2] / np.hypot(*matrix[:, 0]) * spread[1] / spread[0]
    return np.column_stack([turn, onto.mean(0) - turn @ points.mean(0)])


def point_pairs():
    """Noisy copies, turned, scaled and shifted; one of them mirrored, so that no turn fits well."""
    rng = np.random.default_rng(8)
    found = []
    for angle, mirrored in ((25, 1), (-70, 1), (160, 1), (10, -1)):
        points = rng.normal(100, 30, (12, 2))
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        onto = 0.4 * (points * (mirrored, 1)) @ np.array([(c, s), (-s, c)]) + (30, -12)
        found.append((points, onto + rng.normal(0, 3, onto.shape)))
    return found


# 04.5 A margin that grows with the crop


def margin():
    """Padding in pixels of a crop of 64 pixels, and the share of its width that the face takes."""
    # answer:
    padding, share = 12, 0.625
    # end answer
    return padding, share


# 04.6 Strike out


def impostors(names):
    """The numbers of all faces that show somebody else; `names` tells who has which number."""
    return [number for number, name in names.items() if name != "target"]


def struck_nobody(names):
    return []


def struck_places(names):
    """Counts along the sheet instead of reading the numbers."""
    return [place for place, name in enumerate(names.values()) if name != "target"]


def struck_from_the_first_on(names):
    """Everything from the first impostor to the end."""
    numbers, wrong = list(names), impostors(names)
    return numbers[numbers.index(wrong[0]) :] if wrong else []


def struck_the_wanted(names):
    return [number for number, name in names.items() if name == "target"]


def struck_only_strangers(names):
    return [number for number, name in names.items() if name.startswith("stranger")]


def nearly_all(got, wanted):
    """Whether at most two of the numbers are missing or too many."""
    try:
        got = {int(number) for number in got}
    except (TypeError, ValueError):
        return False
    return len(got ^ set(wanted)) <= 2


def all_of_them(got, wanted):
    """Whether the numbers are the same, in any order."""
    return {int(number) for number in got} == set(wanted)


def a_sheet():
    """Who has which number, in the order of a sheet."""
    order = ["target"] * 20 + ["alike 0.30", "target", "alike 0.45", "target", "target"]
    order += ["alike 0.45", "alike 0.60", "target", "stranger 3", "stranger 0", "stranger 5"]
    numbers = np.random.default_rng(3).permutation(len(order)).tolist()
    return {"names": dict(zip(numbers, order, strict=True))}


EXERCISES = [
    Exercise(
        number="04.1",
        level="understand",
        asks="what a larger threshold does to recall, and what it does, as a rule, to precision",
        answer=looser,
        words=("up", "down"),
        mistakes=[
            Mistake(
                lambda: ("down", "up"),
                "That is what a *smaller* threshold does: fewer faces come in, and fewer wrong "
                "ones among them.",
            ),
            Mistake(
                lambda: ("up", "up"),
                "Recall goes up, for nobody who was in is thrown out. But those who come in now "
                "are farther away, and more and more of them are somebody else.",
            ),
            Mistake(
                lambda: ("down", "down"),
                "More faces of the person come in, never fewer: recall counts exactly these.",
            ),
        ],
        hints=[
            "A larger threshold accepts everyone whom the smaller one accepted, and more.",
            "Recall: the accepted faces of the person, of all that there are. Can it fall?",
            "Precision: the accepted faces that are the person, of all accepted. Who comes last?",
        ],
        reveal="Recall can only rise, since nobody is thrown out; precision falls as strangers "
        "come in (where the next one in is the person, it rises for a step). The book moved the "
        "threshold from the library's .6 to .65, without a word.",
    ),
    Exercise(
        number="04.2",
        level="apply",
        asks="precision and recall, in this order",
        answer=precision_recall,
        probes=folders,
        mistakes=[
            Mistake(
                precision_recall_exchanged,
                "Both numbers are right, in the other order: first precision, then recall.",
            ),
            Mistake(
                precision_recall_of_the_found,
                "You divide by the wanted faces *that were found*. Those that no detector saw are "
                "lost too: divide by `there`.",
            ),
            Mistake(
                precision_recall_from_beyond,
                "A distance is small for the same person: accepted is what lies *within* the "
                "threshold.",
            ),
            Mistake(
                precision_recall_with_accuracy,
                "The share of right decisions is *accuracy*, which a folder full of strangers "
                "makes look good. Precision looks at the accepted faces only.",
            ),
            Mistake(
                precision_recall_of_all,
                "Precision divides by the faces that were accepted, not by all of them.",
            ),
            Mistake(
                precision_recall_strictly,
                "A face exactly at the threshold is accepted: `<=`, as `FaceFilter.check` does.",
            ),
            Mistake(
                precision_recall_of_nothing,
                "Where nothing is accepted you divide by 0. Let precision be 0 there: "
                "`max(accepted.sum(), 1)`.",
            ),
        ],
        hints=[
            "First a mask: which faces are accepted? `accepted = distances <= threshold`.",
            "`(accepted & wanted).sum()` counts the right ones. Both answers begin with it.",
            "Divide it by `max(accepted.sum(), 1)` for precision, by `there` for recall.",
        ],
        reveal="Precision: of those accepted, how many are right. Recall: of those that are there, "
        "how many were accepted, the undetected ones included.",
    ),
    Exercise(
        number="04.3",
        level="explore",
        asks="the smallest threshold that keeps 95 % of the person's faces that were found",
        answer=loose_enough,
        same=about_the_same,
        example=some_folder,
        mistakes=[
            Mistake(
                threshold_of_dlib,
                "That is the library's .6, measured on photographs of celebrities. Look at the "
                "curve: on this folder strangers come in long before it.",
            ),
            Mistake(
                threshold_of_the_book,
                "That is the book's .65, for which it gives no reason. Look at the curve.",
            ),
            Mistake(
                threshold_of_all_faces,
                "That keeps 95 % of *all* faces, strangers included: `distances[wanted]` first.",
            ),
            Mistake(
                threshold_for_everyone,
                "That keeps every single one of them, the worst picture too. 95 % are enough.",
            ),
            Mistake(
                threshold_without_a_stranger,
                "That is the largest threshold that lets *nobody else* in. It is a sensible wish, "
                "but here recall comes first: the eyes that clean afterwards can strike out a "
                "stranger and cannot bring back what was never shown.",
            ),
            Mistake(
                threshold_of_the_mean,
                "That is the mean of their distances: about half of them would be lost.",
            ),
        ],
        hints=[
            "Only the distances of the wanted faces matter here: `np.sort(distances[wanted])`.",
            "Read the curve of recall from the left: where does it first reach 95 % of its end?",
            "With n of them, it is the one at place `ceil(.95 n) - 1` in ascending order.",
        ],
        reveal="The filter is set loose on purpose, for a person looks at the sheet afterwards. A "
        "face that was thrown out by the threshold is never seen again.",
    ),
    Exercise(
        number="04.4",
        level="apply",
        asks="the similarity that brings points nearest to others",
        answer=similarity,
        probes=point_pairs,
        mistakes=[
            Mistake(
                similarity_without_scale,
                "You turn and shift, and everybody keeps their size. The length of the complex "
                "factor is the scale: leave it in.",
            ),
            Mistake(
                similarity_backwards,
                "That is the way back, from the others to the points: exchange the two.",
            ),
            Mistake(
                similarity_turned_the_other_way,
                "You turn the other way round. `np.vdot` conjugates its *first* argument, so the "
                "points come first; and the matrix of a + bi is ((a, -b), (b, a)).",
            ),
            Mistake(
                similarity_without_shift,
                "The turn is right. But it moves the middle of the points as well: the shift is "
                "`end - turn @ start`.",
            ),
            Mistake(
                similarity_about_the_origin,
                "Subtract the two means before you divide: otherwise the origin of the picture, "
                "where no face is, decides about the turn.",
            ),
            Mistake(
                similarity_that_may_shear,
                "Those are all six numbers of an affine map. It fits better, because it may shear "
                "and squeeze a face, which would make a turned face look straight.",
            ),
            Mistake(
                similarity_of_spreads,
                "The turn is right. The ratio of both spreads is too large a scale when there is "
                "noise: least squares takes the length of the complex factor.",
            ),
        ],
        hints=[
            "Subtract the mean of each set. Then write points as complex numbers: `p @ (1, 1j)`.",
            "Turn and scale together are *one* complex factor: `np.vdot(one, other) / "
            "np.vdot(one, one).real`.",
            "a + bi as a matrix is ((a, -b), (b, a)); the shift is `end - turn @ start`.",
        ],
        reveal="In the plane, turn and scale are one complex number, and least squares finds it by "
        "one division. Umeyama's general form does the same with a singular value decomposition.",
    ),
    Exercise(
        number="04.5",
        level="understand",
        asks="the padding in pixels, and the share of the width that the face takes",
        answer=margin,
        mistakes=[
            Mistake(
                lambda: (48, 0.25),
                "48 pixels on either side of 64 leave nothing: the padding shrinks with the crop.",
            ),
            Mistake(
                lambda: (12, 0.8125),
                "12 is right. But there is a margin on *both* sides: 64 - 2 * 12 pixels are left.",
            ),
            Mistake(
                lambda: (12, 40),
                "12 is right, and so are 40 pixels; the share is 40 of 64.",
            ),
            Mistake(
                lambda: (0, 1.0),
                "That is how the book converts, and a bug: a network that learned faces with "
                "a margin is then shown faces without one, 1.6 times as large.",
            ),
        ],
        hints=[
            "What shows the same has the same *shares*: which part of 256 are 48?",
            "48 / 256 of 64 is the padding. Twice that is missing from the width.",
            "12 on each side of 64 leave 40, and 40 / 64 is the share.",
        ],
        reveal="48 of 256 and 12 of 64 are the same share, 3/16, and 5/8 are left for the face. "
        "Whoever trains with one share and converts with another shows the network faces of a size "
        "that it has never seen.",
    ),
    Exercise(
        number="04.6",
        level="explore",
        asks="the numbers on the sheet at which somebody else stands",
        answer=impostors,
        same=nearly_all,
        same_mistake=all_of_them,
        otherwise="More than two numbers are missing or too many. Begin at the end of the sheet "
        "and go up; the person's own blurred and covered pictures stay.",
        example=a_sheet,
        mistakes=[
            Mistake(
                struck_nobody,
                "Nobody is struck out. Begin at the end of the sheet, where the distances are "
                "largest, and compare each with the first few.",
            ),
            Mistake(
                struck_places,
                "You counted the places along the sheet. Each face keeps the number that stands "
                "below it, whatever the sheet is sorted by.",
            ),
            Mistake(
                struck_from_the_first_on,
                "From the first impostor on, all are struck out, the person's own blurred and "
                "covered pictures too. Look at each.",
            ),
            Mistake(
                struck_the_wanted,
                "Those are the ones to keep: say who is *wrong*.",
            ),
            Mistake(
                struck_only_strangers,
                "The strangers are gone; the look-alikes are still there. Compare chin, nose and "
                "the distance of the eyes, not the hair.",
            ),
        ],
        hints=[
            "Print the sheet larger: `zoom=2`. Compare nose, chin and lips with the first face.",
            "Most impostors stand at the end. One or two look-alikes stand before.",
            "Where you are unsure, look at the picture that it was cut from: "
            '`show(read_image(raw.raw / by_number[n].source), alt="the picture")`.',
        ],
        reveal="Eyes see what a threshold cannot: that somebody is another person. And they, too, "
        "miss the look-alike who stands among the good pictures.",
    ),
]
