"""The exercises of chapter 01, what a deepfake is."""

from dataclasses import replace

import numpy as np

from facelab.course.exercise import Exercise, Mistake
from facelab.course.quiz import MODES, PUBLISHED, Riddle, share_interval
from facelab.studio import Person, Scene

# 01.1 Name the mode


def modes_of(riddle):
    """The mode of each row."""
    return list(riddle.modes)


def exchanged(one, other):
    """A wrong answer that takes two modes for each other."""
    other_name = {one: other, other: one}
    return lambda riddle: [other_name.get(mode, mode) for mode in riddle.modes]


def some_riddle():
    """A riddle without its pictures, such as the chapter gives to ``check``."""
    modes = ["gaze", "swap", "pose", "mouth", "transfer", "expression"]
    return {"riddle": Riddle([], [], modes)}


# 01.2 The true swap


def true_swap(a, b, scene_a, scene_b):
    """Who must be rendered, and in which scene: identity from B, everything else from A."""
    # answer:
    return a.with_face_of(b, tone="a"), scene_a
    # end answer


def head_swap(a, b, scene_a, scene_b):
    return b, scene_a


def swap_the_other_way(a, b, scene_a, scene_b):
    return b.with_face_of(a), scene_a


def swap_in_scene_of_b(a, b, scene_a, scene_b):
    return a.with_face_of(b), scene_b


def reenactment(a, b, scene_a, scene_b):
    return a, scene_b


def transfer(a, b, scene_a, scene_b):
    moved = scene_a.with_(expression=scene_b.expression, gaze=scene_b.gaze)
    return a.with_face_of(b), moved


def scene_first(a, b, scene_a, scene_b):
    return true_swap(a, b, scene_a, scene_b)[::-1]


def rendered_already(a, b, scene_a, scene_b):
    """Stands for any picture: to render one takes time that ``check`` has not."""
    return np.zeros((1, 1, 3), np.uint8)


def in_one_tone(shot):
    """A (person, scene) where a borrowed face always has its own tone: either tone is right."""
    return tuple(
        replace(part, tone="b") if isinstance(part, Person) and part.face else part for part in shot
    )


def same_shot(got, wanted):
    """Whether two results are the same person in the same scene, or both a picture."""
    pictures = [isinstance(getattr(each, "image", each), np.ndarray) for each in (got, wanted)]
    return all(pictures) or (not any(pictures) and in_one_tone(got) == in_one_tone(wanted))


def meetings():
    a, b = Person.from_seed(20), Person.from_seed(4)
    smile = Scene(yaw=6, expression={"mouthSmileLeft": 0.6}, background="room")
    stare = Scene(yaw=-20, gaze=(12, 0), expression={"jawOpen": 0.4}, light="side")
    return [(a, b, smile, stare), (b, a, stare, smile)]


# 01.3 A place in a triangle


def corner_weights(place, triangle):
    """Weights (3,) of a triangle's corners (3, 2) whose mixture is the place (2,)."""
    # answer:
    corners = np.vstack([triangle.T, np.ones(3)])
    return np.linalg.solve(corners, [*place, 1])
    # end answer


def weights_untransposed(place, triangle):
    return np.linalg.solve(np.column_stack([triangle, np.ones(3)]), [*place, 1])


def weights_by_distance(place, triangle):
    near = 1 / np.linalg.norm(triangle - place, axis=1)
    return near / near.sum()


def weights_by_area(place, triangle):
    """Areas without their sign: right inside the triangle only."""
    signed = corner_weights(place, triangle)
    return np.abs(signed) / np.abs(signed).sum()


def weights_next_corner(place, triangle):
    return np.roll(corner_weights(place, triangle), 1)


def weights_y_first(place, triangle):
    return corner_weights(place[::-1], triangle)


def weights_of_two(place, triangle):
    return corner_weights(place, triangle)[1:]


def places():
    triangle = np.array([[10.0, 20.0], [90.0, 35.0], [40.0, 110.0]])
    rng = np.random.default_rng(13)
    inside = [np.array([45.0, 50.0]), rng.dirichlet(np.ones(3)) @ triangle]
    outside = [np.array([5.0, 90.0])]
    return [(place, triangle) for place in inside + outside]


# 01.4 The colour of a face


def tinted(face, target, mask):
    """The face (H, W, 3) shifted so that its mean colour inside the mask is the target's."""
    # answer:
    shift = target[mask].mean(axis=0) - face[mask].mean(axis=0)
    return np.clip(face + shift, 0, 255).round().astype(np.uint8)
    # end answer


def tint_that_wraps(face, target, mask):
    shift = target[mask].mean(axis=0) - face[mask].mean(axis=0)
    return (face + shift).round().astype(np.int64).astype(np.uint8)


def tint_in_grey(face, target, mask):
    return _cut(face + (target[mask].mean() - face[mask].mean()))


def tint_of_all(face, target, mask):
    return _cut(face + (target.mean(axis=(0, 1)) - face.mean(axis=(0, 1))))


def tint_backwards(face, target, mask):
    return _cut(face + (face[mask].mean(axis=0) - target[mask].mean(axis=0)))


def tint_bgr(face, target, mask):
    return _cut(face + (target[mask].mean(axis=0) - face[mask].mean(axis=0))[::-1])


def tint_inside_only(face, target, mask):
    tinted_face = face.copy()
    tinted_face[mask] = tinted(face, target, mask)[mask]
    return tinted_face


def tint_flat(face, target, mask):
    """Every pixel gets the target's mean colour."""
    return _cut(np.broadcast_to(target[mask].mean(axis=0), face.shape))


def _cut(picture):
    return np.clip(picture, 0, 255).round().astype(np.uint8)


def within_a_level(got, wanted):
    """Whether two pictures differ by no more than a grey level, which rounding may cost."""
    got = np.asarray(got)
    if got.dtype != np.uint8 or got.shape != wanted.shape:
        return False
    return bool((np.abs(got.astype(int) - wanted) <= 1).all())


def coloured_faces():
    rng = np.random.default_rng(14)
    cases = []
    for warm, cold in (((200, 130, 90), (120, 110, 140)), ((60, 70, 90), (240, 190, 160))):
        face = np.clip(rng.normal(warm, 35, (12, 10, 3)), 0, 255).astype(np.uint8)
        target = np.clip(rng.normal(cold, 35, (12, 10, 3)), 0, 255).astype(np.uint8)
        mask = np.zeros((12, 10), bool)
        mask[3:9, 2:8] = True
        face[~mask], target[~mask] = (10, 200, 30), (250, 20, 240)
        cases.append((face, target, mask))
    return cases


# 01.5 How much luck?

PAIRS = [12, 48, 192, 768]


def beyond_luck(pairs):
    """The fewest right of each number of pairs whose interval lies above one half."""
    return [next(k for k in range(n // 2, n) if share_interval(k, n)[0] > 0.5) for n in pairs]


def more_than_half(pairs):
    return [n // 2 + 1 for n in pairs]


def one_too_few(pairs):
    return [right - 1 for right in beyond_luck(pairs)]


def one_too_many(pairs):
    return [right + 1 for right in beyond_luck(pairs)]


def as_shares(pairs):
    return [right / n for right, n in zip(beyond_luck(pairs), pairs, strict=True)]


def on_the_other_side(pairs):
    """The most right whose interval lies below one half."""
    return [n - right for right, n in zip(beyond_luck(pairs), pairs, strict=True)]


def with_one_share(pairs):
    """Takes the share that twelve pairs need for the share that all need."""
    (right,) = beyond_luck(pairs[:1])
    return [right * n // pairs[0] for n in pairs]


def as_published(pairs):
    """What people reach, 55.5 %, of each number."""
    share, *_ = PUBLISHED["people, all media"]
    return [round(share * n) for n in pairs]


def rounded_alike(got, wanted):
    """Whether two lists of numbers agree; shares may be rounded to per cents, or be per cents."""
    got, wanted = np.ravel(np.asarray(got, float)), np.asarray(wanted, float)
    if wanted.max() <= 1:
        got = got / (100 if got.max() > 1 else 1)
        return bool(np.allclose(got, wanted, atol=0.006))
    return bool(np.array_equal(got, wanted))


# 01.6 How far did it go?


def alpha(image, target, truth):
    """How far a picture went from the target (0) towards the truth (1); (n, 3) uint8 each."""
    # answer:
    way = truth.astype(float) - target
    return ((image.astype(float) - target) * way).sum() / (way**2).sum()
    # end answer


def alpha_that_wraps(image, target, truth):
    way = (truth - target).astype(float)
    return ((image - target).astype(float) * way).sum() / (way**2).sum()


def alpha_as_cosine(image, target, truth):
    gone, way = image.astype(float) - target, truth.astype(float) - target
    return (gone * way).sum() / np.sqrt((gone**2).sum() * (way**2).sum())


def alpha_of_lengths(image, target, truth):
    gone, way = image.astype(float) - target, truth.astype(float) - target
    return np.linalg.norm(gone) / np.linalg.norm(way)


def alpha_from_the_truth(image, target, truth):
    return 1 - alpha(image, target, truth)


def alpha_by_its_own_length(image, target, truth):
    gone, way = image.astype(float) - target, truth.astype(float) - target
    return (gone * way).sum() / (gone**2).sum()


def alpha_without_the_square(image, target, truth):
    gone, way = image.astype(float) - target, truth.astype(float) - target
    return (gone * way).sum() / np.linalg.norm(way)


def alpha_of_products(image, target, truth):
    """Differences and products in uint8; only the sums are wide."""
    gone, way = image - target, truth - target
    return (gone * way).sum() / (way * way).sum()


def alpha_of_bytes(image, target, truth):
    """Differences, products and sums in uint8, as np.dot makes them."""
    gone, way = (image - target).ravel(), (truth - target).ravel()
    return np.dot(gone, way) / np.dot(way, way)


def alpha_cut(image, target, truth):
    return np.clip(alpha(image, target, truth), 0, 1)


def faces_on_the_way():
    rng = np.random.default_rng(15)
    cases = []
    for share in (0.0, 0.4, 1.3):
        target, truth = rng.uniform(60, 190, (2, 50, 3))
        image = target + share * (truth - target) + rng.normal(0, 12, (50, 3))
        cases.append(tuple(_cut(each) for each in (image, target, truth)))
    return cases


EXERCISES = [
    Exercise(
        number="01.1",
        level="understand",
        asks="the mode of each row, from the first to the last",
        answer=modes_of,
        example=some_riddle,
        words=MODES,
        mistakes=[
            Mistake(
                exchanged("swap", "transfer"),
                "All but two: swap and transfer are mixed up. Both give the target another face. "
                "In a swap it does what the *target* did (its smile, its gaze); in a transfer it "
                "brings the source's expression along.",
            ),
            Mistake(
                exchanged("mouth", "expression"),
                "All but two: mouth and expression are mixed up. Look at the brows: if they are "
                "drawn down as the mouth opens, the whole expression came from the source.",
            ),
            Mistake(
                exchanged("gaze", "pose"),
                "All but two: gaze and pose are mixed up. Gaze turns the eyes in a head that "
                "stays; pose turns the head.",
            ),
            Mistake(
                exchanged("transfer", "expression"),
                "All but two: transfer and expression are mixed up. The source's expression is in "
                "both; ask whose *face* it is on.",
            ),
            Mistake(
                lambda riddle: list(riddle.modes)[::-1],
                "These are the right modes from the last row to the first. Begin with row 1.",
            ),
            Mistake(
                lambda riddle: ["swap" if m == "transfer" else m for m in riddle.modes],
                "One is wrong: only one row is a swap. In the other the face came together with "
                "what it was doing, which is a transfer.",
            ),
        ],
        hints=[
            "First ask whether it is still the target's face. In two rows it is not.",
            "Where the face is the target's, see what moved: eyes, lips, the whole face, the head.",
            "In the two rows with another face: a smile like the target's is a swap, an open "
            "mouth like the source's a transfer.",
        ],
        reveal="Replacement changes who it is (swap, transfer), reenactment what they do (gaze, "
        "mouth, expression, pose). One look at the face and one at its movement tells them apart.",
    ),
    Exercise(
        number="01.2",
        level="apply",
        asks="the person and the scene whose picture is the true swap",
        answer=true_swap,
        probes=meetings,
        same=same_shot,
        mistakes=[
            Mistake(
                scene_first,
                "The right two in the wrong order: first the person, then the scene, as `render` "
                "takes them.",
            ),
            Mistake(
                rendered_already,
                "That is a picture already. Return whom and where, `person, scene`: the cell below "
                "renders them.",
            ),
            Mistake(
                head_swap,
                "That is B's whole head, hair and all: a head swap. In a face swap only the inner "
                "face is B's.",
            ),
            Mistake(
                swap_the_other_way,
                "You have it the wrong way round: this is B wearing A's face. A is faked, so A "
                "keeps hair, ears and neck and gets the face of B.",
            ),
            Mistake(
                swap_in_scene_of_b,
                "The right person in the wrong scene. Expression, pose, light and background are "
                "part of everything else, and that comes from A.",
            ),
            Mistake(
                reenactment,
                "A is still A here, in B's scene: that is reenactment. A swap changes the face "
                "and keeps the scene.",
            ),
            Mistake(
                transfer,
                "B's expression came along, which makes it a transfer. In a swap the new face "
                "does what A did.",
            ),
        ],
        hints=[
            "'Identity from B, everything else from A': which of the four things is identity?",
            "Someone with A's hair and B's face: with_face_of makes such a person.",
            "a.with_face_of(b), in the scene of A. Either tone will do.",
        ],
        reveal="The studio keeps who (Person) and everything else (Scene) apart, so that the true "
        "answer of a swap is one line. No photograph can give it.",
    ),
    Exercise(
        number="01.3",
        level="apply",
        asks="three weights that sum to 1 and mix the corners into the place",
        answer=corner_weights,
        probes=places,
        mistakes=[
            Mistake(
                weights_untransposed,
                "The matrix lies on its side: its *columns* must be the corners (x, y, 1), for the "
                "weights multiply corners. Use triangle.T.",
            ),
            Mistake(
                weights_by_distance,
                "These weights fall with the distance. They sum to 1, but the corners mixed by "
                "them do not give the place back.",
            ),
            Mistake(
                weights_by_area,
                "You took areas without their sign. Outside the triangle a weight must become "
                "negative, else the place jumps to the other side of an edge.",
            ),
            Mistake(
                weights_next_corner,
                "The right three numbers at the wrong corners: the first weight belongs to the "
                "first corner, and is 1 at that corner.",
            ),
            Mistake(
                weights_y_first,
                "x and y of the place are exchanged. Both place and corners are (x, y).",
            ),
            Mistake(
                weights_of_two,
                "These are the weights of the second and third corner. The first one's is what is "
                "left to 1; give all three.",
            ),
        ],
        hints=[
            "Three unknown weights need three equations: one for x, one for y, and their sum is 1.",
            "Write each corner as a column (x, y, 1): that matrix times the weights is (place, 1).",
            "corners = np.vstack([triangle.T, np.ones(3)]); then np.linalg.solve.",
        ],
        reveal="These are barycentric coordinates. The same weights on the corners of another "
        "triangle give the same place there. That is all that a warp does: the chapter goes on "
        "and bends a face with your function.",
    ),
    Exercise(
        number="01.4",
        level="apply",
        asks="the face with its mean colour inside the mask moved to the target's",
        answer=tinted,
        probes=coloured_faces,
        same=within_a_level,
        mistakes=[
            Mistake(
                tint_that_wraps,
                "A uint8 wraps around: 250 + 10 becomes 4, and bright skin turns black. Cut at 0 "
                "and 255 (np.clip) before you convert.",
            ),
            Mistake(
                tint_in_grey,
                "You shifted all three channels by one number: mean() without axis=0 is the mean "
                "brightness. Skins differ most in the *balance* of red, green and blue.",
            ),
            Mistake(
                tint_of_all,
                "You judged the whole picture, background and hair included. Index both with the "
                "mask before you take the mean.",
            ),
            Mistake(
                tint_backwards,
                "The sign is wrong: the face moves away from the target. The shift is the target's "
                "mean minus the face's.",
            ),
            Mistake(
                tint_bgr,
                "The shift of red goes to blue: that is BGR order. Every picture here is RGB.",
            ),
            Mistake(
                tint_inside_only,
                "The right shift, but only inside the mask, and that draws a new edge around it. "
                "Judge inside the mask, shift *everything*: the mask comes when you paste.",
            ),
            Mistake(
                tint_flat,
                "Every pixel has the mean colour now, and the face is gone. *Add* the difference "
                "of the means.",
            ),
        ],
        hints=[
            "picture[mask] is (n, 3): one row for each pixel inside the mask.",
            "Take the mean along axis=0, so that red, green and blue have one each, and subtract.",
            "Add the difference to the face, np.clip to 0 and 255, round, and make it uint8.",
        ],
        reveal="The simplest colour match there is. The course's match_colour stretches the "
        "spread too, and works in CIELAB, where equal steps look equal (Reinhard et al. 2001).",
    ),
    Exercise(
        number="01.5",
        level="explore",
        asks="how many of 12, 48, 192 and 768 pairs must be right, for the whole bar to lie above "
        "one half",
        answer=beyond_luck,
        example=lambda: {"pairs": PAIRS},
        same=rounded_alike,
        mistakes=[
            Mistake(
                more_than_half,
                "More than half is not beyond luck: a coin often manages that, too. "
                "Try these numbers, and look at the *lower* end of each bar.",
            ),
            Mistake(
                one_too_few,
                "One short, each time: with these the lower end is still below one half.",
            ),
            Mistake(
                one_too_many,
                "One more than needed, each time: try one less, its bar is above one half too.",
            ),
            Mistake(
                as_shares,
                "These are shares. The question is how *many* pairs must be right.",
            ),
            Mistake(
                on_the_other_side,
                "So *few* right leave the coin behind too, on the other side: whoever is wrong "
                "that often sees something, and takes it for the opposite. Look above one half.",
            ),
            Mistake(
                with_one_share,
                "You found the first and took its share for all. More pairs make the bar shorter, "
                "so a smaller share is enough: try each number for itself.",
            ),
            Mistake(
                as_published,
                "That is 55.5 % of each, what people reached. Try these: which bars leave the coin "
                "behind?",
            ),
        ],
        hints=[
            "Start with 12: try 7, 8, 9 right, and watch the lower end of the bar.",
            "For 48: half are 24, and the share that twelve needed would be 40. Begin in the "
            "middle. If the lower end is above .5, take fewer, else more, and halve your step each "
            "time.",
            "Write the distance of each share to one half beside it: with four times the pairs it "
            "is about half as long. So begin near 57 % of 192 and near 53.5 % of 768.",
        ],
        reveal="10, 31, 110 and 412, which are 83, 65, 57 and 54 per cent: four times the pairs "
        "about halve the distance to the coin, for luck shrinks with the root of their number. "
        "So twelve pairs can show a great skill only, and the 55.5 per cent that were published "
        "need hundreds.",
    ),
    Exercise(
        number="01.6",
        level="apply",
        asks="the share of the way from target to truth, <y - t, g - t> / |g - t|^2",
        answer=alpha,
        probes=faces_on_the_way,
        mistakes=[
            Mistake(
                alpha_that_wraps,
                "You subtracted uint8 from uint8: 3 - 5 is 254 there. Make them float first.",
            ),
            Mistake(
                alpha_of_products,
                "Differences and products of uint8 begin at 0 again after 255: 20 * 20 is 144 "
                "there. Make the pictures float before anything else.",
            ),
            Mistake(
                alpha_of_bytes,
                "np.dot of uint8 stays uint8: even the sum begins at 0 again after 255. Make the "
                "pictures float before anything else.",
            ),
            Mistake(
                alpha_cut,
                "You cut it to 0 to 1. Above 1 a picture went too far, below 0 it went away from "
                "the truth: both are worth knowing.",
            ),
            Mistake(
                alpha_as_cosine,
                "That is the cosine of the angle: 1 for any step in the right direction, however "
                "short. Divide by the length of the way squared instead.",
            ),
            Mistake(
                alpha_of_lengths,
                "That is how far it went in *any* direction: pure noise scores as well. The dot "
                "product counts only what goes towards the truth.",
            ),
            Mistake(
                alpha_from_the_truth,
                "Turned around: 0 is the target, where nothing has happened yet, and 1 the truth.",
            ),
            Mistake(
                alpha_by_its_own_length,
                "You divided by the squared length of the step itself, so that short steps score "
                "most. The ruler is the way from target to truth.",
            ),
            Mistake(
                alpha_without_the_square,
                "You divided by the length of the way once; that leaves grey levels. Divide by its "
                "square, and the truth itself scores 1.",
            ),
        ],
        hints=[
            "Three points: target, truth and your picture. How far along the line is its foot?",
            "The dot product of (image - target) with (truth - target), as floats.",
            "Divide by the dot product of (truth - target) with itself.",
        ],
        reveal="A projection: 0 for the copied target, 1 for the truth, and blind to everything "
        "sideways of the line. So it never stands alone: PSNR sees what is sideways.",
    ),
]
