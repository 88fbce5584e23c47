# %% [markdown]
# # How bright is a face?
#
# After this chapter you will be able to
# - name the sides of a picture in our convention,
# - measure a colour inside a mask,
# - find where a measurement stops being trustworthy.
#
# **Time and memory:** {measured}
#
# **Needs:** nothing but Python; no download, no account, no GPU.

# %% [markdown]
# **Predict first.** A lamp moves from the front of a face to its side. At which angle is the face
# half as bright as at the start? Write down a number: you will measure it.
#
# (*To the author: one question that the chapter answers with a number. Keep the words "Predict
# first" and the question mark. Every text in brackets like this one goes out.*)

# %% [markdown]
# ## A picture and its mask
#
# (*A section takes 5 to 15 minutes and holds one idea. Its first code cell is tagged `resume` and
# makes everything that the section uses: nothing of an earlier section is needed.*)
#
# A rendered frame brings its truth along: here, which pixels belong to the inner face.

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.studio import Person, Scene, render

frame = render(Person.from_seed(7), Scene(yaw=12), size=128)

# %%
mask = (255 * frame.mask).astype(np.uint8)
show(
    [frame.image, mask],
    titles=["the picture", "the true mask"],
    zoom=2,
    alt="A person who does not exist; beside it the inner face in white on black.",
)

# %% [markdown]
# ### Exercise NN.1 (understand): which side is which?
#
# (*The heading gives the level: understand, apply or explore; all three occur in each chapter.
# Definition, mistakes and hints stand in `facelab/course/chapters/chNN/exercises.py`.*)
#
# What are the width and the height of a picture, in this order?

# %% tags=["exercise"]
# source: facelab.course.chapters.chNN.exercises.size_of
size_of = check("NN.1", size_of)

# %% tags=["nbval-check-output"]
print(size_of(frame.image[:100]))

# %% [markdown]
# (*A cell tagged `nbval-check-output` is compared at every test: print what is exact, never a
# time.*)

# %% [markdown]
# ## A colour inside a mask

# %% tags=["resume"]
import numpy as np

from facelab.course import check, plt, show
from facelab.studio import Light, Person, Scene, render

ANGLES = [0, 30, 60, 90, 120]


# %%
def lamp(angle):
    """A scene with one lamp at this angle to the side, in degrees, and little other light."""
    turn = np.radians(angle)
    direction = (np.sin(turn), 0.2, np.cos(turn))
    return Scene(light=Light(direction, sky=(0.06,) * 3, ground=(0.04,) * 3, fill=(0.03,) * 3))


frames = [render(Person.from_seed(7), lamp(angle), size=128) for angle in ANGLES]

# %%
show(
    [frame.image for frame in frames],
    titles=[f"{angle} degrees" for angle in ANGLES],
    alt="One face, lit from the front and then more and more from the side.",
)

# %% [markdown]
# ### Exercise NN.2 (apply): the mean colour of a face
#
# The mean of each channel over the pixels of the mask, weighted with the mask, which lies
# between 0 and 1.

# %% tags=["exercise"]
# source: facelab.course.chapters.chNN.exercises.mean_inside
mean_inside = check("NN.2", mean_inside)

# %%
brightness = [mean_inside(frame.image, frame.mask).mean() for frame in frames]
figure, axes = plt.subplots()
axes.plot(ANGLES, brightness, marker="o")
axes.set(xlabel="the lamp's angle (degrees)", ylabel="mean of the face (0 to 255)")
show(figure, alt="The brightness of a face falls as the lamp turns from 0 to 120 degrees.")

# %% [markdown]
# ### Exercise NN.3 (explore): half as bright
#
# At which of the angles has the brightness first fallen below half of its first value? Then change
# the person's seed: does the answer stay?

# %% tags=["exercise"]
# source: facelab.course.chapters.chNN.exercises.half_angle
half_angle = check("NN.3", half_angle)

# %%
print(f"half as bright at {half_angle(ANGLES, brightness)} degrees")

# %% [markdown]
# ## Measured against the truth
#
# Without a mask one takes the box around the landmarks. How far is that from the truth, for people
# whom nobody picked?

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.faces import box_around
from facelab.measure import interval
from facelab.studio import Person, Scene, render

frames = [render(Person.from_seed(seed), Scene(), size=128) for seed in range(2000, 2008)]

# %% [markdown]
# ### Exercise NN.4 (apply): the mean colour of a box
#
# A box is (left, top, right, bottom). Its edges lie between pixels: round them to whole numbers.

# %% tags=["exercise"]
# source: facelab.course.chapters.chNN.exercises.mean_of_box
mean_of_box = check("NN.4", mean_of_box)


# %%
def box_error(frame):
    """Mean brightness inside the box minus that inside the true mask."""
    truth = np.average(frame.image, axis=(0, 1), weights=frame.mask)
    return (mean_of_box(frame.image, box_around(frame.landmarks)) - truth).mean()


# %%
errors = np.array([box_error(frame) for frame in frames])
low, high = interval(lambda weights: np.average(errors, weights=weights), len(errors))
print(f"the box is off by {errors.mean():.1f}, 95 % interval {low:.1f} to {high:.1f}, ", end="")
print(f"over n = {len(errors)} people")

# %% [markdown]
# ## What goes wrong
#
# (*Make it happen.*) The box holds background. Another background, and the "brightness of the face"
# changes, though nobody touched the face.

# %% tags=["resume"]
import numpy as np

from facelab.course import show
from facelab.faces import box_around
from facelab.studio import Person, Scene, render

# %%
scenes = [Scene(background=name) for name in ("plain", "outdoor")]
frames = [render(Person.from_seed(7), scene, size=128) for scene in scenes]
show(
    [frame.image for frame in frames],
    zoom=2,
    alt="The same person in the same light before two backgrounds.",
)

# %%
for frame in frames:
    left, top, right, bottom = np.round(box_around(frame.landmarks)).astype(int)
    print(f"inside the box: {frame.image[top:bottom, left:right].mean():.0f}")

# %% [markdown]
# ## Who could be hurt
#
# Whoever is judged by such a number: an exposure meter that takes the box sees a dark face before a
# bright window as bright enough. (*Always a group of people, a mechanism and a remedy.*)

# %% [markdown]
# ## What you have seen
#
# - Pictures are `(height, width, 3)`; we say width first when we name a size.
# - A mask and a mean; where the mean half falls.
# - That a box measures its background too.

# %% [markdown]
# ## Sources
#
# - (*Author, title, where, year: for everything that was not measured here.*)
# - Licences: prose and figures CC BY 4.0, code MIT, face model CC0 (`LICENSE` has the details).
