"""The exercises of chapter 02, people who do not exist."""

import numpy as np

from facelab.course.exercise import Exercise, Mistake

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


# 02.2 A caricature


def caricature(person, mean, amount):
    """Weights of a person moved away from the mean: 0 is the mean, 1 the person, 2 twice as far."""
    # answer:
    return mean + amount * (person - mean)
    # end answer


def caricature_one_too_far(person, mean, amount):
    return person + amount * (person - mean)


def caricature_of_zero(person, mean, amount):
    return amount * person


def caricature_without_difference(person, mean, amount):
    return mean + amount * person


def caricature_towards_the_mean(person, mean, amount):
    return person + amount * (mean - person)


def weight_pairs():
    rng = np.random.default_rng(2)
    return [(*rng.normal(size=(2, 7)), amount) for amount in (0.0, 1.0, 2.5, -1.0)]


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


def clouds():
    rng = np.random.default_rng(3)
    return [
        (rng.normal(0, 60, (6, 3)), 900.0, 700.0, 256),
        (rng.normal(0, 60, (4, 3)), 400, 90, 96),
    ]


# 02.4 Where in a triangle?


def barycentric(p, a, b, c):
    """Weights (..., 3) of the corners a, b, c (2,) at places p (..., 2); they sum to 1."""
    # answer:
    whole = cross(b - a, c - a)
    at_b, at_c = cross(p - a, c - a) / whole, cross(b - a, p - a) / whole
    return np.stack([1 - at_b - at_c, at_b, at_c], -1)
    # end answer


def cross(u, v):
    """Twice the signed area between vectors u and v (..., 2)."""
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def barycentric_unsigned(p, a, b, c):
    """Takes areas without their sign, so that no weight is ever negative."""
    whole = abs(cross(b - a, c - a))
    parts = cross(p - b, c - b), cross(p - c, a - c), cross(p - a, b - a)
    return np.stack([abs(part) / whole for part in parts], -1)


def barycentric_as_areas(p, a, b, c):
    return barycentric(p, a, b, c) * cross(b - a, c - a)[..., None]


def barycentric_halved(p, a, b, c):
    """Halves the small triangles, and forgets to halve the large one."""
    return barycentric(p, a, b, c) / 2


def barycentric_turned(p, a, b, c):
    """Gives each corner the weight of the next one."""
    return barycentric(p, a, b, c)[..., [1, 2, 0]]


def barycentric_swapped(p, a, b, c):
    return barycentric(p, a, b, c)[..., [0, 2, 1]]


def barycentric_by_distance(p, a, b, c):
    """Weighs by nearness to the corners."""
    near = np.stack([1 / np.linalg.norm(p - corner, axis=-1) for corner in (a, b, c)], -1)
    return near / near.sum(-1, keepdims=True)


def places_in_triangles():
    rng = np.random.default_rng(4)
    return [(rng.uniform(0, 9, (5, 2)), *rng.uniform(0, 9, (3, 2))) for _ in range(3)]


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


def light_from_behind(normals, brightness):
    return -light_from_shading(normals, brightness)


def light_of_the_brightest(normals, brightness):
    """Takes the normal of the one brightest pixel."""
    return normals[brightness.argmax()]


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
        asks="the weights of a person at `amount` times the distance from the mean",
        answer=caricature,
        probes=weight_pairs,
        mistakes=[
            Mistake(
                caricature_one_too_far,
                "At amount 0 this gives the person, and at 1 already the caricature. Start from "
                "the mean: 0 is the mean, 1 the person.",
            ),
            Mistake(
                caricature_of_zero,
                "You moved away from zero weights. Nobody is there: zero is the modeller's "
                "template, not the mean of people.",
            ),
            Mistake(
                caricature_without_difference,
                "You added the whole person to the mean. Only the difference, person - mean, is "
                "what makes this person special.",
            ),
            Mistake(
                caricature_towards_the_mean,
                "That moves towards the mean: at 1 the person is gone. A caricature moves away.",
            ),
        ],
        hints=[
            "What sets this person apart is person - mean.",
            "Begin at the mean, and go some way along that difference.",
            "mean + amount * (person - mean): try 0 and 1 in your head.",
        ],
        reveal="One line through the mean and the person: between them the face gets more usual, "
        "beyond the person it becomes a caricature, behind the mean an anti-face.",
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
        level="apply",
        asks="the weights of the three corners at some places",
        answer=barycentric,
        probes=places_in_triangles,
        mistakes=[
            Mistake(
                barycentric_unsigned,
                "No weight is ever negative here, so every pixel seems inside. Keep the sign of "
                "the areas: a negative weight means outside.",
            ),
            Mistake(
                barycentric_as_areas,
                "These are areas. Divide by the area of the whole triangle, so that they sum to 1.",
            ),
            Mistake(
                barycentric_halved,
                "They sum to one half: you halved the small areas but not the whole. The halves "
                "cancel, so leave them all out.",
            ),
            Mistake(
                barycentric_turned,
                "The weights are moved on by one corner: at corner a the first must be 1. The "
                "weight of a comes from the small triangle that a is *not* part of.",
            ),
            Mistake(
                barycentric_swapped,
                "The weights of b and c are swapped: at corner b the second must be 1.",
            ),
            Mistake(
                barycentric_by_distance,
                "Weights by distance are never negative, and not linear across the triangle. Use "
                "areas.",
            ),
        ],
        hints=[
            "A place p cuts the triangle into three. The weight of a corner is the area of the "
            "piece opposite to it, over the whole area.",
            "`cross` gives twice a signed area; the 2 cancels: whole = cross(b - a, c - a).",
            "b has cross(p - a, c - a) / whole, c has cross(b - a, p - a) / whole, and a what is "
            "left to 1.",
        ],
        reveal="One trick for two questions: all three weights >= 0 means inside, and the same "
        "weights mix whatever the corners know: depth, colour, normal.",
    ),
    Exercise(
        number="02.5",
        level="explore",
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
                light_from_behind,
                "This points away from the light. A surface is bright where its normal points "
                "*towards* the light.",
            ),
            Mistake(
                light_of_the_brightest,
                "One pixel decides, and its noise with it: and the light may stand where no normal "
                "points. Use all pixels, with np.linalg.lstsq.",
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
