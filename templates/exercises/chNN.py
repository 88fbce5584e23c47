"""The exercises of chapter NN, a template: each level once or more, with three mistakes each."""

import numpy as np

from facelab.course.exercise import Exercise, Mistake

# NN.1 Which side is which?


def size_of(image):
    """Width and height of a picture (H, W, 3)."""
    # answer:
    height, width = image.shape[:2]
    return width, height
    # end answer


def size_as_shape(image):
    return image.shape[:2]


def size_with_channels(image):
    return image.shape[1], image.shape[0], image.shape[2]


def size_of_the_width(image):
    return image.shape[1], image.shape[2]


def pictures():
    return [(np.zeros(shape, np.uint8),) for shape in [(4, 7, 3), (9, 2, 3), (5, 6, 3)]]


# NN.2 The mean colour of a face


def mean_inside(image, mask):
    """Mean of each channel (3,) of a picture (H, W, 3), weighted with a mask (H, W) in [0, 1]."""
    # answer:
    weighted = (image * mask[..., None]).sum(axis=(0, 1))
    return weighted / mask.sum()
    # end answer


def mean_everywhere(image, mask):
    return image.mean(axis=(0, 1))


def mean_over_all_pixels(image, mask):
    return (image * mask[..., None]).mean(axis=(0, 1))


def mean_of_channels(image, mask):
    return mean_inside(image, mask).mean()


def mean_of_hard_mask(image, mask):
    return image[mask > 0].mean(axis=0)


def mean_as_bgr(image, mask):
    return mean_inside(image, mask)[::-1]


def masked_pictures():
    rng = np.random.default_rng(2)
    return [(rng.integers(0, 256, (6, 5, 3)), rng.uniform(0, 1, (6, 5)).round(1)) for _ in range(3)]


# NN.3 Half as bright


def half_angle(angles, brightness):
    """The first angle at which the brightness is below half of its first value."""
    # answer:
    below = np.array(brightness) < brightness[0] / 2
    return angles[below.argmax()]
    # end answer


def half_as_index(angles, brightness):
    return int((np.array(brightness) < brightness[0] / 2).argmax())


def half_of_the_range(angles, brightness):
    middle = (max(brightness) + min(brightness)) / 2
    return angles[(np.array(brightness) < middle).argmax()]


def last_above_half(angles, brightness):
    return angles[(np.array(brightness) < brightness[0] / 2).argmax() - 1]


def curves():
    angles = [0, 20, 40, 60, 80, 100]
    return [
        (angles, [100.0, 90, 74, 52, 40, 30]),
        (angles, [80.0, 62, 55, 38, 33, 31]),
        (angles, [200.0, 180, 160, 140, 110, 90]),
    ]


# NN.4 The mean colour of a box


def mean_of_box(image, box):
    """Mean of each channel (3,) of a picture (H, W, 3) inside a box of four edges."""
    # answer:
    left, top, right, bottom = np.round(box).astype(int)
    return image[top:bottom, left:right].mean(axis=(0, 1))
    # end answer


def mean_of_turned_box(image, box):
    left, top, right, bottom = np.round(box).astype(int)
    return image[left:right, top:bottom].mean(axis=(0, 1))


def mean_of_larger_box(image, box):
    left, top, right, bottom = np.round(box).astype(int)
    return image[top : bottom + 1, left : right + 1].mean(axis=(0, 1))


def mean_of_box_as_size(image, box):
    left, top, width, height = np.round(box).astype(int)
    return image[top : top + height, left : left + width].mean(axis=(0, 1))


def boxed_pictures():
    image = np.random.default_rng(4).integers(0, 256, (12, 12, 3))
    return [(image, box) for box in [(1.2, 2.0, 4.8, 7.1), (0.0, 3.6, 5.0, 8.0), (5, 1, 9, 4)]]


EXERCISES = [
    Exercise(
        number="NN.1",
        level="understand",
        asks="the width and the height of a picture, in this order",
        answer=size_of,
        probes=pictures,
        mistakes=[
            Mistake(size_as_shape, "An array's shape begins with its rows: that is the height."),
            Mistake(size_with_channels, "The third number counts channels and is no side."),
            Mistake(size_of_the_width, "shape is (height, width, channels): you took 1 and 2."),
        ],
        hints=[
            "How many rows has the array, and how many columns?",
            "image.shape is (rows, columns, channels).",
            "Width is image.shape[1], height is image.shape[0].",
        ],
        reveal="NumPy counts rows first, so that a picture's shape is (height, width, 3). Sizes "
        "and points are told the other way round: x before y.",
    ),
    Exercise(
        number="NN.2",
        level="apply",
        asks="the mean of each channel, weighted with the mask",
        answer=mean_inside,
        probes=masked_pictures,
        mistakes=[
            Mistake(mean_everywhere, "You never used the mask: this is the whole picture's mean."),
            Mistake(
                mean_over_all_pixels,
                "You divide by the number of all pixels. Divide by the sum of the mask.",
            ),
            Mistake(mean_of_channels, "One number for all channels: sum along axes 0 and 1 only."),
            Mistake(
                mean_of_hard_mask,
                "You cut the mask to yes or no. Its border lies between 0 and 1 and weighs less.",
            ),
            Mistake(mean_as_bgr, "Right numbers, turned round: our pictures are RGB, not BGR."),
        ],
        hints=[
            "A weighted mean: the sum of weight times value, over the sum of the weights.",
            "mask[..., None] gives the mask a last axis, so that it multiplies all channels.",
            "(image * mask[..., None]).sum(axis=(0, 1)) / mask.sum()",
        ],
        reveal="Each pixel counts as much as it belongs to the face. A border pixel of weight 0.5 "
        "counts half.",
    ),
    Exercise(
        number="NN.3",
        level="explore",
        asks="the first angle at which the brightness is below half of its first value",
        answer=half_angle,
        probes=curves,
        mistakes=[
            Mistake(half_as_index, "That is the place in the list. The angle there is asked for."),
            Mistake(
                half_of_the_range,
                "You halved the way from the brightest to the darkest. Half means half of the "
                "first value.",
            ),
            Mistake(last_above_half, "That is the last angle before it: one step further."),
        ],
        hints=[
            "Which values are smaller than half of the first one?",
            "np.array(brightness) < brightness[0] / 2 is True from there on.",
            "argmax of a list of False and True is the place of the first True.",
        ],
        reveal="argmax finds the first True. (If no value were below half, it would answer 0: ask "
        "any() first when that can happen.)",
    ),
    Exercise(
        number="NN.4",
        level="apply",
        asks="the mean of each channel inside a box",
        answer=mean_of_box,
        probes=boxed_pictures,
        mistakes=[
            Mistake(mean_of_turned_box, "Rows come first in an array: [top:bottom, left:right]."),
            Mistake(
                mean_of_larger_box,
                "right and bottom are edges, and a slice leaves its end out already: nothing has "
                "to be added.",
            ),
            Mistake(mean_of_box_as_size, "The last two are right and bottom, not a size."),
        ],
        hints=[
            "Round the four edges, then slice the picture.",
            "The first axis of the picture is y, the second x.",
            "image[top:bottom, left:right].mean(axis=(0, 1))",
        ],
        reveal="Edges lie between pixels, so that a slice from left to right takes exactly the "
        "pixels inside.",
    ),
]
