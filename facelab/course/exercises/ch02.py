"""The exercises of chapter 02, people who do not exist."""

from functools import cache

import numpy as np

from facelab.course.exercise import Exercise, Mistake
from facelab.faces.fit import point_model
from facelab.studio import UNITS

# 02.1 How far along each component?


def coefficients(shape, mean, components, deviations):
    """How many standard deviations (k,) a shape (d,) lies along each component (k, d)."""
    # answer:
    return components @ (shape - mean) / deviations
    # end answer


def coefficients_around_zero(shape, mean, components, deviations):
    return components @ shape / deviations


def coefficients_in_mm(shape, mean, components, deviations):
    return components @ (shape - mean)


def coefficients_multiplied(shape, mean, components, deviations):
    return components @ (shape - mean) * deviations


def coefficients_by_variance(shape, mean, components, deviations):
    return components @ (shape - mean) / deviations**2


def coefficients_backwards(shape, mean, components, deviations):
    return components @ (mean - shape) / deviations


def bases():
    rng = np.random.default_rng(1)
    for count, size in ((3, 12), (5, 30)):
        components = np.linalg.qr(rng.normal(size=(size, count)))[0].T
        mean, shape = rng.normal(size=(2, size))
        yield shape, mean, components, rng.uniform(0.5, 4, count)


# 02.2 Where on the line?


def five_amounts():
    """Amounts of the person, the mean, the anti-face, the caricature and the face between."""
    # answer:
    amounts = [1, 0, -1, 2, 0]
    # end answer
    return amounts


def amounts_from_the_person():
    return [amount - 1 for amount in five_amounts()]


def amounts_from_the_wrong_end():
    return [1 - amount for amount in five_amounts()]


def amounts_with_no_anti_face():
    """Takes the mean for the opposite of a person."""
    return [1, 0, 0, 2, 0.5]


def amounts_half_as_far():
    return [1, 0, -1, 1.5, 0]


def amounts_between_person_and_mean():
    return [1, 0, -1, 2, 0.5]


def amounts_with_the_anti_face_too_far():
    return [1, 0, -2, 2, -0.5]


# 02.3 The pinhole camera


def project(points, distance, focal, size):
    """Pixels (n, 2) of points (n, 3) in mm, seen from `distance` mm with `focal` in pixels."""
    # answer:
    x, y, z = points.T
    scale = focal / (distance - z)
    return np.stack([size / 2 + scale * x, size / 2 - scale * y], 1)
    # end answer


def _pinhole(points, distance, focal, middle, down=-1.0, towards=-1.0):
    x, y, z = points.T
    scale = focal / (distance + towards * z)
    return np.stack([middle + scale * x, middle + down * scale * y], 1)


def project_upside_down(points, distance, focal, size):
    return _pinhole(points, distance, focal, size / 2, down=1.0)


def project_from_behind(points, distance, focal, size):
    return _pinhole(points, distance, focal, size / 2, towards=1.0)


def project_half_a_pixel_off(points, distance, focal, size):
    return _pinhole(points, distance, focal, (size - 1) / 2)


def project_flat(points, distance, focal, size):
    """Divides everything by the distance of the eyes."""
    return _pinhole(points, distance, focal, size / 2, towards=0.0)


def project_from_the_corner(points, distance, focal, size):
    return _pinhole(points, distance, focal, 0.0)


def project_in_rows(points, distance, focal, size):
    return _pinhole(points, distance, focal, size / 2)[:, ::-1]


def project_down_from_the_top(points, distance, focal, size):
    """Counts y from the lower edge: right for the middle of the picture only."""
    x, y, z = points.T
    scale = focal / (distance - z)
    return np.stack([size / 2 + scale * x, size - scale * y], 1)


def project_with_distance_turned(points, distance, focal, size):
    """Divides by z - distance, which is negative."""
    x, y, z = points.T
    scale = focal / (z - distance)
    return np.stack([size / 2 + scale * x, size / 2 - scale * y], 1)


def project_by_length(points, distance, focal, size):
    """Divides by the length of the way from the camera to the point."""
    x, y, _ = points.T
    scale = focal / np.linalg.norm(points - [0, 0, distance], axis=1)
    return np.stack([size / 2 + scale * x, size / 2 - scale * y], 1)


def project_without_lens(points, distance, focal, size):
    return project(points, distance, 1, size)


def clouds():
    rng = np.random.default_rng(3)
    return [
        (rng.normal(0, 60, (6, 3)), 900.0, 700.0, 256),
        (rng.normal(0, 60, (4, 3)), 400, 90, 96),
    ]


# 02.4 Two expressions that look alike


def lookalikes(moves):
    """The two units whose rows of `moves` (52, 102) point most nearly the same way."""
    # answer:
    lengths = np.linalg.norm(moves, axis=1)
    ways = moves / np.maximum(lengths, 1e-9)[:, None]  # the tongue moves no point: 0 / 0
    alike = np.triu(ways @ ways.T, 1)  # each pair once, nobody with itself
    pair = [UNITS[n] for n in np.unravel_index(alike.argmax(), alike.shape)]
    # end answer
    return pair


def ways_of(moves):
    return moves / np.maximum(np.linalg.norm(moves, axis=1), 1e-9)[:, None]


def largest(table):
    """The pair of units at the largest number above the diagonal of a table (52, 52)."""
    above = np.where(np.triu(np.ones(table.shape, bool), 1), table, -np.inf)
    return [UNITS[n] for n in np.unravel_index(above.argmax(), table.shape)]


def lookalikes_by_product(moves):
    return largest(moves @ moves.T)


def lookalikes_by_distance(moves):
    return largest(-np.linalg.norm(moves[:, None] - moves, axis=2))


def lookalikes_or_opposites(moves):
    return largest(np.abs(ways_of(moves) @ ways_of(moves).T))


def lookalikes_with_themselves(moves):
    return [UNITS[0], UNITS[0]]


def lookalikes_through_nothing(moves):
    """Divides by the length of a row that is all zeros, and finds nan."""
    with np.errstate(invalid="ignore"):
        ways = moves / np.linalg.norm(moves, axis=1)[:, None]
    return largest(ways @ ways.T)


def lookalikes_in_space(moves):
    """Compares what happens in mm, before any camera."""
    ways = ways_of(point_model().expression.reshape(len(UNITS), -1))
    return largest(ways @ ways.T)


def lookalikes_second(moves):
    alike = ways_of(moves) @ ways_of(moves).T
    one, other = map(UNITS.index, largest(alike))
    alike[one, other] = alike[other, one] = -1
    return largest(alike)


def same_pair(got, wanted):
    """Whether two pairs name the same units, in any order and on either side of the face.

    Two pairs of a unit with itself, or of its left with its right, are of the same kind.
    """
    one, other = got
    alike = stems(got) == stems(wanted) or len(stems(got)) == len(stems(wanted)) == 1
    return {one, other} <= set(UNITS) and alike


def stems(pair):
    """Names of units without their sides."""
    return {unit.removesuffix("Left").removesuffix("Right") for unit in pair}


@cache
def moves_from_the_front():
    """Pixels (52, 102) by which each unit moves the 51 points of the mean face, from 90 cm."""
    face = point_model()
    straight = project(face.mean, 900, 700, 256)
    seen = [project(face.mean + change, 900, 700, 256) - straight for change in face.expression]
    return np.reshape(seen, (len(UNITS), -1))


# 02.5 Where does the light come from?


def light_from_shading(normals, brightness):
    """Unit vector (3,) to the light: brightness (n,) = ambient + normals (n, 3) times light."""
    # answer:
    table = np.column_stack([normals, np.ones(len(normals))])
    light = np.linalg.lstsq(table, brightness)[0][:3]
    return light / np.linalg.norm(light)
    # end answer


def light_without_ambient(normals, brightness):
    light = np.linalg.lstsq(normals, brightness)[0]
    return light / np.linalg.norm(light)


def light_with_its_strength(normals, brightness):
    table = np.column_stack([normals, np.ones(len(normals))])
    return np.linalg.lstsq(table, brightness)[0][:3]


def light_with_ambient_kept(normals, brightness):
    table = np.column_stack([normals, np.ones(len(normals))])
    light = np.linalg.lstsq(table, brightness)[0]
    return light / np.linalg.norm(light)


def light_with_ones_first(normals, brightness):
    """Puts the ones first, and still keeps the first three numbers."""
    table = np.column_stack([np.ones(len(normals)), normals])
    light = np.linalg.lstsq(table, brightness)[0][:3]
    return light / np.linalg.norm(light)


def light_of_centred_brightness(normals, brightness):
    """Takes the mean off the brightness, and not off the normals."""
    light = np.linalg.lstsq(normals, brightness - brightness.mean())[0]
    return light / np.linalg.norm(light)


def light_from_behind(normals, brightness):
    return -light_from_shading(normals, brightness)


def light_of_the_brightest(normals, brightness):
    """Takes the normal of the one brightest pixel."""
    return normals[brightness.argmax()]


def light_of_mean_normal(normals, brightness):
    """The mean of the normals, each weighted with its brightness."""
    light = (normals * brightness[:, None]).mean(axis=0)
    return light / np.linalg.norm(light)


def lit_balls():
    rng = np.random.default_rng(5)
    for _ in range(2):
        normals = rng.normal(size=(60, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        light = rng.normal(size=3)
        yield normals, 2 + normals @ light + rng.normal(0, 0.02, 60)


# 02.6 One step of Gauss-Newton


def step(slopes, residuals, damping):
    """The change (n,) of the unknowns that makes the residuals (m,) smaller; slopes are (m, n)."""
    # answer:
    held = slopes.T @ slopes + damping * np.eye(slopes.shape[1])
    return np.linalg.solve(held, -slopes.T @ residuals)
    # end answer


def step_uphill(slopes, residuals, damping):
    return -step(slopes, residuals, damping)


def step_without_damping(slopes, residuals, damping):
    return np.linalg.lstsq(slopes, -residuals)[0]


def step_pushed(slopes, residuals, damping):
    """Subtracts the damping, so that the step grows with it."""
    pushed = slopes.T @ slopes - damping * np.eye(slopes.shape[1])
    return np.linalg.solve(pushed, -slopes.T @ residuals)


def step_of_gradient(slopes, residuals, damping):
    return -slopes.T @ residuals


def step_damped_everywhere(slopes, residuals, damping):
    """Adds the damping to every entry, not to the diagonal."""
    return np.linalg.solve(slopes.T @ slopes + damping, -slopes.T @ residuals)


def step_damped_by_curvature(slopes, residuals, damping):
    """Marquardt's damping: each unknown in proportion to how much it matters."""
    normal = slopes.T @ slopes
    held = normal + damping * np.diag(np.diag(normal))
    return np.linalg.solve(held, -slopes.T @ residuals)


def slopes_and_residuals():
    rng = np.random.default_rng(6)
    return [(rng.normal(size=(9, 4)), rng.normal(size=9), damping) for damping in (0.1, 3.0)]


EXERCISES = [
    Exercise(
        number="02.1",
        level="apply",
        asks="how many standard deviations a shape lies along each component",
        answer=coefficients,
        probes=lambda: list(bases()),
        mistakes=[
            Mistake(
                coefficients_around_zero,
                "You measured from the origin between the eyes. A component says how a face "
                "differs from the mean: subtract the mean first.",
            ),
            Mistake(
                coefficients_in_mm,
                "These are lengths in millimetres: the first is large because people differ much "
                "there. Divide by the deviations, so that 1 is a usual amount.",
            ),
            Mistake(
                coefficients_multiplied,
                "You multiplied by the deviations. That is the way back, from coefficients to a "
                "shape. From a shape to coefficients you divide.",
            ),
            Mistake(
                coefficients_by_variance,
                "You divided by the variance. A standard deviation is its square root, and that "
                "is what `deviations` holds.",
            ),
            Mistake(
                coefficients_backwards,
                "The sign is turned round: the shape minus the mean, not the mean minus the shape.",
            ),
        ],
        hints=[
            "How does this shape differ from the mean? That is one vector as long as the shape.",
            "The components have length 1, so the dot product of each with the difference is how "
            "far the shape lies along it: components @ (shape - mean).",
            "That is in millimetres. Divided by the deviations it is in standard deviations.",
        ],
        reveal="A projection: because the components are at right angles and of length 1, a dot "
        "product is all it takes. The way back is mean + (coefficients * deviations) @ components.",
    ),
    Exercise(
        number="02.2",
        level="understand",
        asks="the amounts at which five faces stand on the line",
        answer=five_amounts,
        mistakes=[
            Mistake(
                amounts_from_the_person,
                "You count from the person. The line begins at the mean: at amount 0 nothing of "
                "person - mean is added, at 1 all of it.",
            ),
            Mistake(
                amounts_from_the_wrong_end,
                "The line is turned round: put amount = 0 into the formula. What is left is the "
                "mean, not the person.",
            ),
            Mistake(
                amounts_with_no_anti_face,
                "The mean is nobody's opposite: there, nothing is special. The anti-face has all "
                "that is special about the person with the sign turned, on the other side.",
            ),
            Mistake(
                amounts_half_as_far,
                "1.5 is half as far from the person as the person is from the mean. As far again "
                "as from 0 to 1 leads from 1 to ...?",
            ),
            Mistake(
                amounts_between_person_and_mean,
                "0.5 is the middle between the person (1) and the *mean* (0). The anti-face "
                "stands at -1: what lies in the middle between 1 and -1?",
            ),
            Mistake(
                amounts_with_the_anti_face_too_far,
                "-2 differs from the mean twice as much as the person does. The anti-face "
                "differs as much, the other way round.",
            ),
        ],
        hints=[
            "Put amount = 0 into mean + amount * (person - mean), then amount = 1.",
            "From the mean to the person is one step of length 1. Which face is one step from "
            "the mean on the other side? Which one step beyond the person?",
            "The person 1, the mean 0, the anti-face -1, the caricature 1 + 1. And the middle of "
            "1 and -1?",
        ],
        reveal="One line through the mean and the person: between them the face gets more usual, "
        "beyond the person it becomes a caricature, behind the mean an anti-face. And half of "
        "somebody and half of their opposite is nobody: the mean.",
    ),
    Exercise(
        number="02.3",
        level="apply",
        asks="the pixels at which a pinhole camera sees the points",
        answer=project,
        probes=clouds,
        mistakes=[
            Mistake(
                project_upside_down,
                "The face stands on its head: in the scene y points up, in a picture down. "
                "Subtract the scaled y.",
            ),
            Mistake(
                project_from_behind,
                "You added z. It points *to* the camera, so the tip of the nose is nearer: its "
                "distance is distance - z.",
            ),
            Mistake(
                project_half_a_pixel_off,
                "You are half a pixel off: (size - 1) / 2 is the middle when pixel centres are "
                "whole numbers. Ours are at +0.5, so the middle is size / 2.",
            ),
            Mistake(
                project_flat,
                "Every point is divided by the same distance: that is a camera infinitely far "
                "away, for which noses never grow. Use each point's own distance.",
            ),
            Mistake(
                project_from_the_corner,
                "The face sits on the corner of the picture. Pixel (0, 0) is top left; the camera "
                "looks at the middle, size / 2.",
            ),
            Mistake(
                project_in_rows,
                "You gave (row, column). Points are (x, y): column 0 is x, to the right.",
            ),
            Mistake(
                project_down_from_the_top,
                "x is right. For y you began at the lower edge, size: the camera looks at the "
                "middle, so y begins at size / 2 as well.",
            ),
            Mistake(
                project_with_distance_turned,
                "The face is turned upside down and its sides are exchanged: z - distance is "
                "negative. In front of the camera the distance, distance - z, is positive.",
            ),
            Mistake(
                project_by_length,
                "You divided by the length of the way from the camera to the point. A picture is "
                "flat: what counts is how far away along the camera's axis, distance - z.",
            ),
            Mistake(
                project_without_lens,
                "All points lie within a pixel of the middle: `focal` is missing. The scale is "
                "focal / (distance - z).",
            ),
        ],
        hints=[
            "Twice as far is half as large: a point's picture shrinks with its own distance.",
            "Its distance is distance - z, since z points to the camera: scale = focal / "
            "(distance - z).",
            "x is size / 2 + scale * x, and y is size / 2 - scale * y, as y points up in the scene "
            "and down in the picture.",
        ],
        reveal="Divide by the distance: that one division is all of perspective, and the reason "
        "why a lens close to the face makes a nose large.",
    ),
    Exercise(
        number="02.4",
        level="explore",
        asks="the two units that look most alike from the front",
        answer=lookalikes,
        probes=lambda moves: [(moves,)],
        example=lambda: {"moves": moves_from_the_front()},
        same=same_pair,
        mistakes=[
            Mistake(
                lookalikes_by_product,
                "A large dot product only says that both move far. Divide each row by its length "
                "first: then only the way counts.",
            ),
            Mistake(
                lookalikes_by_distance,
                "These two are near each other because both hardly move anything. Compare the "
                "ways, not the lengths: divide each row by its length.",
            ),
            Mistake(
                lookalikes_or_opposites,
                "These two are opposites: where one goes right, the other goes left. Alike means "
                "the largest cosine, not the largest without its sign.",
            ),
            Mistake(
                lookalikes_with_themselves,
                "Everybody looks most like themselves: leave the diagonal out. And the left and "
                "the right of one movement are not alike: they move other points, or the other "
                "way.",
            ),
            Mistake(
                lookalikes_through_nothing,
                "tongueOut moves none of the 51 points, so its length is 0 and 0 / 0 is nan, which "
                "argmax takes for the largest. Leave it out.",
            ),
            Mistake(
                lookalikes_in_space,
                "In space, in mm, you would be right, and in the picture they come close (0.96). "
                "But a camera throws one number of three away. Take the rows of `moves`.",
            ),
            Mistake(
                lookalikes_second,
                "Close: the cosine is 0.97, but one pair has 0.99. Go through all of them.",
            ),
        ],
        hints=[
            "A camera does not see what moves towards it. So which unit moves mainly towards it, "
            "and what does the little look like that remains?",
            "How alike two rows u and v are is the cosine of the angle between them: u @ v / "
            "(np.linalg.norm(u) * np.linalg.norm(v)). Two loops try all pairs.",
            "Divide each row by its length (one of them is 0: np.maximum(lengths, 1e-9)). Then "
            "ways @ ways.T holds all cosines at once, and np.triu(..., 1) keeps each pair once.",
        ],
        reveal="A jaw that is thrust forward comes nearer to the camera and so looks a little "
        "longer: from the front that is what a mouth looks like that opens a little. Whoever has "
        "only points from the front must guess which it was.",
    ),
    Exercise(
        number="02.5",
        level="apply",
        asks="the direction to the light, of length 1",
        answer=light_from_shading,
        probes=lambda: list(lit_balls()),
        mistakes=[
            Mistake(
                light_without_ambient,
                "The direction is bent towards where most normals point: the light that comes from "
                "everywhere has no column of its own. Add a column of ones.",
            ),
            Mistake(
                light_with_its_strength,
                "The direction is right, its length is the light's strength. Divide by the norm.",
            ),
            Mistake(
                light_with_ambient_kept,
                "Four numbers: the last one is the ambient light. Keep the first three, then "
                "divide by their norm.",
            ),
            Mistake(
                light_with_ones_first,
                "The ones stand first in your table, so the first of the four numbers is the "
                "ambient light. Keep the last three.",
            ),
            Mistake(
                light_of_centred_brightness,
                "The mean brightness is not the ambient light: it holds what the lamp adds on "
                "average. Let least squares find it: a column of ones.",
            ),
            Mistake(
                light_from_behind,
                "This points away from the light. A surface is bright where its normal points "
                "*towards* the light.",
            ),
            Mistake(
                light_of_the_brightest,
                "One pixel decides, and its noise with it: and the light may stand where no normal "
                "points. Use all pixels, with np.linalg.lstsq.",
            ),
            Mistake(
                light_of_mean_normal,
                "A mean of normals leans to where most of them point, bright or not. Ask which "
                "light explains all pixels at once: np.linalg.lstsq, with a column of ones.",
            ),
        ],
        hints=[
            "brightness = n_x l_x + n_y l_y + n_z l_z + ambient: one linear equation per pixel, "
            "four unknowns.",
            "Put the normals and a column of ones beside each other: np.column_stack([normals, "
            "np.ones(len(normals))]).",
            "np.linalg.lstsq(table, brightness)[0] gives four numbers; the first three over their "
            "norm are the direction.",
        ],
        reveal="Least squares over all pixels. Forensics asks the same of pictures: a face that "
        "was pasted in often disagrees with the rest about where the light is.",
    ),
    Exercise(
        number="02.6",
        level="apply",
        asks="one damped step",
        answer=step,
        probes=slopes_and_residuals,
        mistakes=[
            Mistake(
                step_uphill,
                "This walks uphill: the residuals grow. Mind the minus.",
            ),
            Mistake(
                step_without_damping,
                "That is Gauss-Newton without damping: far from the goal it jumps too far. Add "
                "`damping` to the diagonal.",
            ),
            Mistake(
                step_pushed,
                "You subtracted the damping: more of it should make the step smaller, not larger.",
            ),
            Mistake(
                step_of_gradient,
                "That is the gradient: a direction, but with the wrong length. Divide by how fast "
                "it bends: solve with slopes.T @ slopes.",
            ),
            Mistake(
                step_damped_everywhere,
                "A number added to a matrix goes to *every* entry. Damping belongs on the diagonal "
                "only: damping * np.eye(n).",
            ),
            Mistake(
                step_damped_by_curvature,
                "That is Marquardt's damping, which holds each unknown back in proportion to its "
                "own slopes. A good idea, and the chapter uses it further down. Here each unknown "
                "is held alike: damping * np.eye(n).",
            ),
        ],
        hints=[
            "After a step d the residuals are about residuals + slopes @ d. Make that small, and d "
            "as well.",
            "Without damping: slopes.T @ slopes @ d = -slopes.T @ residuals. Damping is added to "
            "the diagonal on the left.",
            "np.linalg.solve(slopes.T @ slopes + damping * np.eye(n), -slopes.T @ residuals).",
        ],
        reveal="The residuals are bent, so we pretend that they are straight, solve that exactly, "
        "and look again. Damping keeps the step where the pretence is good.",
    ),
]
