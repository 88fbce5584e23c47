# %% [markdown]
# # People who do not exist
#
# After this chapter you will be able to
# - build a face from a mean and a few numbers, and find such numbers yourself with PCA,
# - mix, exaggerate and average people, and say what an average gives away,
# - move a face by action units, and read the table that translates them,
# - turn triangles into pixels, and explain what lens and light do to a face,
# - fit a face model to 68 points, and measure how wrong each recovered number is.
#
# **Time and memory:** {measured}
#
# **Needs:** nothing but Python; no download, no account, no GPU.

# %% [markdown]
# **Predict first.** Write down three numbers. How many numbers do you need to describe the shape of
# a head so that 98 % of how people differ is covered? The same face, at the same size in the
# picture, from 27 cm and from 2.25 m: how much wider is the nose, against the distance between the
# eyes? And from 51 *perfect* points in one picture: by how many degrees will you misjudge where the
# head points?

# %% [markdown]
# ## A face is a mean and a few changes
#
# The studio's head is a **mesh**: points in space, joined by triangles. Everybody has the same
# points and triangles, so that "the tip of the nose" is the same row in every table.

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.course.figures02 import curve, mesh_views
from facelab.studio import Person, Scene, load_model, render
from facelab.studio.draft import Draft
from facelab.studio.scene import Camera

model = load_model()
close = Scene(camera=Camera(field=230, y=-15), background="plain", clothes="turtleneck")
model.mean.shape, model.triangles.shape

# %%
show(
    mesh_views(model.mean, model.triangles),
    alt="Left: thousands of dots form a face. Right: a fine net of triangles over a nose.",
)

# %% [markdown]
# What makes this head a person? A list of **weights**. The modellers drew a template, and for
# each change ("nose wider", "older", "chin forward") how far every vertex moves. The weights say
# how much of each.

# %% tags=["nbval-check-output"]
person = Person.from_seed(7)
vertices = model.template + np.tensordot(person.weights, model.targets, axes=1)
error = np.abs(model.centred(vertices) - model.shape(person.weights)).max()
print(f"{len(person.weights)} weights move {vertices.size:,} numbers; error {error:.3f} mm")

# %%
largest = np.argsort(np.abs(person.weights))[::-1][:5]
for n in largest:
    print(f"{person.weights[n]:6.2f}  {model.names[n]}")

# %% [markdown]
# That is a **3D morphable model**, 3DMM for short (Blanz and Vetter 1999). Theirs did not come
# from modellers. They scanned 200 people, and let the *data* say in which directions faces differ.
# We can do the same, with 300 people who do not exist.

# %%
people = [Person.from_seed(seed) for seed in range(300)]
weights = np.array([p.weights for p in people])
shapes = np.stack([model.shape(w).ravel() for w in weights])
mean = shapes.mean(axis=0)
shapes.shape

# %% [markdown]
# ### Principal components, by hand
#
# Each person is one point in a space with 16,593 axes. We look for the direction along which the
# people are spread most, then for the next at right angles to it, and so on. That is the singular
# value decomposition of the table of differences. The table is much wider than high, so the small
# square of it, people times people, is all we need.

# %%
away = shapes - mean
squares, mixtures = np.linalg.eigh(away @ away.T)  # smallest first
squares, mixtures = squares[::-1][:40], mixtures[:, ::-1][:, :40]
components = mixtures.T @ away / np.sqrt(squares)[:, None]
deviations = np.sqrt(squares / (len(people) - 1))

# %% tags=["nbval-check-output"]
straight = np.abs(components @ components.T - np.eye(40)).max() < 0.01
print(f"the components have length 1 and are at right angles: {straight}")

# %%
share = np.cumsum(squares) / np.sum(away**2)
enough = np.searchsorted(share, 0.98) + 1
print(f"98 % with {enough} components")

# %%
show(
    curve(range(1, 41), {"": 100 * share}, "components", "variance explained (%)", level=98),
    alt="A curve that begins at half with one component and reaches 98 % before forty.",
)

# %% [markdown]
# That is your first prediction. The file of the studio ships 36 components, found on 2,400 other
# people. Are they the same? Compare direction by direction (1 means parallel), then the two
# *spaces* that the first ten span.

# %%
shipped = model.components.astype(np.float32)
print("direction by direction", np.abs(np.sum(components[:8] * shipped[:8], axis=1)).round(2))
angles = np.linalg.svd(components[:10] @ shipped[:10].T, compute_uv=False)
print("the spaces of the first ten", angles.round(2))

# %% [markdown]
# The first two agree. The next ones have changed places or are turned against each other, since
# directions of nearly the same spread may be mixed at will. Yet the spaces that the first ten span
# are nearly the same, in all directions but one. Do not fall in love with "component 7".
#
# ### Exercise 02.1 (apply): how far along each component?
#
# Now the other way: given a shape, find its coefficients, in standard deviations.

# %% tags=["exercise"]
# source: facelab.course.exercises.ch02.coefficients
coefficients = check("02.1", coefficients)

# %%
new = [model.shape(Person.from_seed(seed).weights).ravel() for seed in range(9000, 9020)]


def leftover(count):
    """Mean distance in mm of new people's vertices from what `count` components make of them."""
    basis, spread = components[:count], deviations[:count]
    made = [mean + (coefficients(s, mean, basis, spread) * spread) @ basis for s in new]
    return np.linalg.norm((np.array(made) - new).reshape(-1, 3), axis=1).mean()


# %%
counts = [0, 1, 2, 5, 10, 20, 30, 40]
show(
    curve(counts, {"": [leftover(k) for k in counts]}, "components", "left over (mm)"),
    alt="The mean distance from the true shape falls from several millimetres to less than one.",
)

# %% [markdown]
# ### What a component means
#
# A component is a mixture of people. So the same mixture of their *weights* makes it, and the
# studio can draw it: here are the first four, from two standard deviations below the mean to two
# above, all on the same skin.

# %%
mean_weights = weights.mean(axis=0)
directions = mixtures.T @ (weights - mean_weights) * (deviations / np.sqrt(squares))[:, None]
skin = Person.from_seed(85)


def drawn(change):
    """A picture of the mean face with its weights changed, on the same skin and hair."""
    return render(Draft.of(skin, mean_weights + change), close, size=144).image


# %%
places = [(k, sigma) for k in range(4) for sigma in (-2, -1, 0, 1, 2)]
show(
    [drawn(sigma * directions[k]) for k, sigma in places],
    titles=[f"component {k + 1}: {sigma:+}" if sigma else "the mean" for k, sigma in places],
    columns=5,
    alt="Four rows of five faces, each row changing smoothly from left to right.",
)

# %% [markdown]
# What do they mean? Nobody told them. We can only ask what they go along with:

# %%
traits = {"gender axis": "masculinity", "age": "age", "weight": "weight", "muscle": "muscle"}
columns = {name: [getattr(p.traits, field) for p in people] for name, field in traits.items()}
scores = away @ components[:4].T

# %%
for name, column in columns.items():
    r = [abs(np.corrcoef(column, score)[0, 1]) for score in scores.T]
    print(f"{name:12}", "  ".join(f"component {k + 1}: {x:.2f}" for k, x in enumerate(r)))

# %% [markdown]
# The first is nearly the *gender axis of our model*: it moves the most vertices, shoulders and neck
# among them. It says nothing about people out there. A component is about the collection it was
# computed from, and the next collection has others.
#
# And now somebody new: draw normal numbers, multiply, add. Nobody scanned these six.

# %%
rng = np.random.default_rng(3)
strangers = [drawn(rng.normal(size=40) @ directions) for _ in range(6)]
show(strangers, alt="Six faces with the same skin and hair and clearly different shapes.")

# %% [markdown]
# ## Between, beyond and among people
#
# When people are lists of numbers, one can calculate with them.

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.course.figures02 import curve
from facelab.studio import Person, Scene, load_model, render
from facelab.studio.draft import Draft
from facelab.studio.scene import Camera

model = load_model()
close = Scene(camera=Camera(field=230, y=-15), background="plain", clothes="turtleneck")
people = [Person.from_seed(seed) for seed in range(256)]
weights = np.array([p.weights for p in people])

# %%
a, b = Person.from_seed(11), Person.from_seed(85)
SHARES = [0, 0.25, 0.5, 0.75, 1]
row = [render(Person.between(a, b, t), close, size=192).image for t in SHARES]

# %%
show(
    row,
    titles=[f"{t:.0%} of the second" for t in SHARES],
    alt="One face turns into another in five steps; hair changes at half of the way.",
)

# %% [markdown]
# ### Exercise 02.2 (understand): where on the line?
#
# What makes somebody special is how they differ from the mean. That can be exaggerated:


# %%
def caricature(person, mean, amount):
    """Weights on the line that leads from the mean to a person and on."""
    return mean + amount * (person - mean)


# %% [markdown]
# Before you draw it: which `amount` makes
# 1. the person,
# 2. the mean,
# 3. the *anti-face*, which differs from the mean by as much, the other way round,
# 4. the caricature that is as far from the *person* as the person is from the mean,
# 5. the face in the middle between the person and the anti-face?

# %% tags=["exercise"]
# source: facelab.course.exercises.ch02.five_amounts
amounts = check("02.2", five_amounts())

# %% [markdown]
# Draw the line, with two more places on it, and find your five faces.

# %%
AMOUNTS = sorted({*amounts, 0.5, 1.5})
made = [caricature(np.array(b.weights), weights.mean(axis=0), amount) for amount in AMOUNTS]
row = [render(Draft.of(b, w), close, size=176).image for w in made]

# %%
show(
    row,
    titles=[f"amount {amount:g}" for amount in AMOUNTS],
    alt="Six faces on one line through the mean: from the opposite of a person to a caricature.",
)

# %% [markdown]
# ### Averages, and what they give away
#
# The average of many is nobody, which is why some call averages *anonymous*. Watch them converge:
# the means of two groups of n strangers come closer to each other as the groups grow.

# %%
rng = np.random.default_rng(0)
targets = np.stack([model.centred(field) for field in model.targets]).reshape(weights.shape[1], -1)


def apart(n):
    """Mean distance in mm between the mean shapes of two groups of n people, 30 times drawn."""
    distances = []
    for _ in range(30):
        one, other = np.split(weights[rng.permutation(len(weights))[: 2 * n]], 2)
        difference = (one.mean(axis=0) - other.mean(axis=0)) @ targets
        distances.append(np.linalg.norm(difference.reshape(-1, 3), axis=1).mean())
    return np.mean(distances)


# %%
GROUPS = [1, 2, 4, 8, 16, 32, 64, 128]
distances = [apart(n) for n in GROUPS]
lines = {"measured": distances, "1 / square root of n": distances[0] / np.sqrt(GROUPS)}

# %%
show(
    curve(GROUPS, lines, "people in each group", "means apart (mm)", log=(True, True)),
    alt="On logarithmic axes the distance falls along a straight line, that of 1 over root n.",
)

# %% [markdown]
# Pictures as well. The studio keeps the middle between the eyes at one place in the picture, so
# pictures can simply be averaged; eyes that stand wider apart than others blur a little.

# %%
images = np.array([render(p, close, size=192).image for p in people[:12]], float)
averages = [images[:n].mean(axis=0) for n in (1, 2, 4, 12)]

# %%
show(
    [average.round().astype(np.uint8) for average in averages],
    titles=["1 person", "mean of 2", "mean of 4", "mean of 12"],
    alt="One face, then blends of 2, 4 and 12, smoother and more usual each time.",
)

# %% [markdown]
# Anonymous? Suppose a school publishes the average face of a class of 12, and after one pupil has
# left, the average of the 11 who stayed. Both are "nobody".

# %%
twelve, eleven = images.mean(axis=0), images[:11].mean(axis=0)
left = 12 * twelve - 11 * eleven
row = [np.clip(picture, 0, 255).round().astype(np.uint8) for picture in (twelve, eleven, left)]

# %%
show(
    row,
    titles=["mean of 12", "mean of 11", "12 x first - 11 x second"],
    alt="Two nearly equal averages, and the sharp portrait that their difference gives back.",
)

# %% [markdown]
# The pupil who left, to the last pixel. An average protects nobody if a second one, with or
# without you, can be had. (Protection needs noise that is added on purpose: *differential
# privacy*, Dwork and others 2006.)

# %% [markdown]
# ## Muscles as numbers
#
# Identity stays for a life, expression for a second. Paul Ekman and Wallace Friesen described what
# a face can *do* in 1978: the **Facial Action Coding System**, FACS. Each **action unit** (AU)
# is what one muscle, or a few together, do to the skin. 12 pulls the corners of the lips, 4 lowers
# the brows. Trained coders read them off films, with an intensity.
#
# Animators use another list: the 52 **units** that Apple's ARKit reports, each a weight in [0, 1].
# The studio moves in those. A unit is, again, a list of displacements:

# %% tags=["resume"]
import numpy as np

from facelab.course import show
from facelab.course.panel import AU_NAMES, units_of
from facelab.studio import Person, Scene, load_model, render
from facelab.studio.facs import AU_OF_UNIT, NO_AU, OTHER_READINGS, action_units
from facelab.studio.geometry import express
from facelab.studio.scene import Camera

model = load_model()
person = Person.from_seed(85)
close = Scene(camera=Camera(field=210, y=-22), background="plain", clothes="turtleneck")

# %%
moved, displacement = model.units["mouthSmileLeft"]
reach = np.linalg.norm(displacement, axis=1).max()
print(f"mouthSmileLeft moves {len(moved)} vertices, the farthest by {reach:.1f} mm")

# %% tags=["nbval-check-output"]
neutral = model.shape(person.weights)
by_hand = neutral.copy()
by_hand[moved] += 0.6 * displacement
studio = express(neutral, model.units, {"mouthSmileLeft": 0.6})
print(f"error {np.abs(by_hand - studio).max():.3f} mm")

# %% [markdown]
# Neutral plus weight times displacement, and several units simply add up. That is all.
#
# ### The table that translates
#
# FACS and ARKit were made apart and are never equal: one describes what is *seen*, the other what
# is *steered*. So this table says **closest relation**, and truth in this course is always the
# unit weights. (Most rows follow the relation published with ICT-FaceKit.)

# %%
for au, name in AU_NAMES.items():
    print(f"{au:5} {name:21} {', '.join(units_of(au))}")
print("none  (no action unit)     ", ", ".join(NO_AU))

# %% tags=["nbval-check-output"]
told = [unit for au in AU_NAMES for unit in units_of(au)]
print(len(told), "units have an action unit,", len(NO_AU), "have none,", len(AU_OF_UNIT), "in all")


# %%
GAZES = {"AU61": (30, 0), "AU62": (-30, 0), "AU63": (0, 25), "AU64": (0, -25)}


def full(au):
    """A picture of one action unit at full strength; the eyes turn with the lids."""
    scene = close.with_(expression=dict.fromkeys(units_of(au), 1.0), gaze=GAZES.get(au, (0, 0)))
    return render(person, scene, size=160).image


# %%
show(
    [full(au) for au in AU_NAMES],
    titles=[f"{au} {name}" for au, name in AU_NAMES.items()],
    columns=7,
    alt="One face 28 times, each time with one action unit at full strength.",
)

# %% [markdown]
# Look closely. AU 30 shows nothing: left and right at once cancel. For 61 to 64 the units move
# only the lids, so the eyes were turned as well. Left is the *person's* left. Some pictures hardly
# differ, as some muscles hardly do. And not every reading is agreed on:

# %%
for unit, other in OTHER_READINGS.items():
    print(f"{unit:17} here {AU_OF_UNIT[unit]:6} others say {other}")

# %% [markdown]
# A frame carries both: the weights, which are true, and the action units derived from them.

# %% tags=["nbval-check-output"]
derived = action_units({"mouthSmileLeft": 0.6, "mouthSmileRight": 0.2, "jawOpen": 0.3})
print({au: strength for au, strength in derived.items() if strength})

# %% [markdown]
# ## Build a face with your hands
#
# Everything so far, and some of what comes, on sliders: who (six principal components), what the
# face does (eight action units), where head and eyes point, where the light stands. **Move one.**
# With the keyboard: Tab to a slider, then the arrow keys. (These are the components that the studio
# ships. The *sign* of a component is arbitrary, so + and - may have changed sides against the rows
# that you drew above.)
#
# Where sliders cannot be shown, on a web page or on paper, ten pictures stand in their place.

# %% tags=["resume"]
import numpy as np

from facelab.course import show
from facelab.course.panel import panel
from facelab.studio import render

knobs = panel(seed=85)
knobs

# %% [markdown]
# Try these, and look at the whole face each time:
# 1. Component 1 to +2, then to -2. What changes *besides* the face?
# 2. AU 12 alone, then with AU 45 (eyes closed). Which looks like a smile that is meant?
# 3. Yaw to 40, gaze to -20. Whom does the person look at?
# 4. Light from above at -60. Why does this look like a ghost story?
#
# How fast is it? Sliders feel alive from about ten pictures a second on.

# %%
if hasattr(knobs, "sliders"):
    knobs.seconds.clear()
    for value in np.linspace(0, 30, 31)[1:]:
        knobs.sliders["yaw"].value = value
        knobs.sliders["component 1"].value = value / 20
    print(f"{1 / np.median(knobs.seconds):.0f} pictures a second")

# %% [markdown]
# (While you change *who* it is, pores and hair are those of the person you began with, carried
# along by the skin: growing them anew takes many times as long as a picture.)
# What you made is yours to use:

# %%
if hasattr(knobs, "sliders"):
    large = render(knobs.person, knobs.scene, size=400).image
    show(large, alt="The face as the sliders stand, turned a little to the side.")

# %% [markdown]
# ## What a lens does to a face
#
# A camera keeps the light rays that pass through one point. So a point's picture lies at x divided
# by its distance, and *near things are large*. `focal` says how much a picture is enlarged.
#
# ### Exercise 02.3 (apply): a pinhole camera
#
# Millimetres in, pixels out. In the scene x points right, y **up** and z **towards the camera**,
# which stands `distance` mm in front of the eyes. The picture is `size` pixels wide and high, and
# the camera looks at its middle.

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.faces.fit import point_model
from facelab.studio import UNITS, Person, Scene, load_model, render
from facelab.studio.geometry import rotation
from facelab.studio.scene import Camera

person = Person.from_seed(85)

# %% tags=["exercise"]
# source: facelab.course.exercises.ch02.project
project = check("02.3", project)

# %% [markdown]
# Does it see what the studio sees? The studio's camera stands a little below the eyes, so we move
# the points up instead.

# %% tags=["nbval-check-output"]
camera = Camera(focal=50)
frame = render(person, Scene(yaw=15, camera=camera), size=256)
points = frame.landmarks_3d[17:] - [camera.x, camera.y, 0]
found = project(points, camera.distance, camera.focal / 24 * 256, 256)
print(f"off by {np.abs(found - frame.landmarks[17:]).max():.3f} pixels")

# %% [markdown]
# Now the same face at the same size, through four lenses. A short lens has to stand close.

# %%
LENSES = [24, 35, 85, 200]
cameras = [Camera(focal=f, field=270) for f in LENSES]
frames = [render(person, Scene(camera=c, background="plain"), size=216) for c in cameras]

# %%
show(
    [frame.image for frame in frames],
    titles=[f"{c.focal} mm, {c.distance / 10:.0f} cm away" for c in cameras],
    alt="One face through four lenses: up close the nose is large and the ears half hidden; from "
    "afar the face is wide and flat.",
)


# %%
def nose_share(frame):
    """Width of the nose over the distance of the outer eye corners, in the picture."""
    p = frame.landmarks
    return np.linalg.norm(p[31] - p[35]) / np.linalg.norm(p[36] - p[45])


# %%
def ear_share(frame):
    """Part of the head's pixels that are ears."""
    return np.mean(frame.parts[frame.parts > 0] == load_model().part["ears"])


# %%
far = nose_share(frames[-1])
for camera, frame in zip(cameras, frames, strict=True):
    wider, ears = nose_share(frame) / far - 1, ear_share(frame)
    print(f"from {camera.distance / 10:4.0f} cm  nose {wider:+6.1%}   ears {ears:5.1%} of the head")

# %% [markdown]
# Your second prediction. Nothing about the *person* changed. Whoever compares a selfie with a
# passport photograph compares two lenses first; surgeons see patients who want the effect of a
# short arm operated on.
#
# ### What a camera throws away
#
# Of three numbers a camera keeps two. What does that do to expressions? Here are 51 points of the
# mean face (brows, eyes, nose and mouth; chapter 3 finds them in pictures), what each of the 52
# units does to them in mm, and what your camera leaves of it in pixels.

# %%
face = point_model()
print("points", face.mean.shape, "what the units do to them", face.expression.shape)


# %%
def moves_at(yaw):
    """Pixels (52, 102) by which each unit moves the points of a head turned by `yaw` degrees."""
    turn = rotation(yaw, 0, 0).T
    straight = project(face.mean @ turn, 900, 700, 256)
    seen = [project((face.mean + change) @ turn, 900, 700, 256) for change in face.expression]
    return np.reshape(np.array(seen) - straight, (len(UNITS), -1))


moves = moves_at(yaw=0)

# %% [markdown]
# ### Exercise 02.4 (explore): two expressions that look alike
#
# Row n of `moves` is what the unit `UNITS[n]` does at full strength. **Which two units look most
# alike from the front?** Two rows look alike when they point the same way, however long they are:
# a little of the one passes for a lot of the other. Guess a pair first, then go through them all.

# %% tags=["exercise"]
# source: facelab.course.exercises.ch02.lookalikes
lookalikes = check("02.4", lookalikes, moves=moves)

# %% [markdown]
# How much of the one passes for the other? Draw both, from the front and turned aside.

# %%
pair = lookalikes(moves)
row = {unit: moves[UNITS.index(unit)] for unit in pair}
weak, strong = sorted(pair, key=lambda unit: np.linalg.norm(row[unit]))
little = float(row[weak] @ row[strong] / (row[strong] @ row[strong]))
print(f"{strong} {little:.2f} passes for {weak} 1.00")

# %%
acts = [{weak: 1.0}, {strong: little}]
mouth = Scene(camera=Camera(field=200, x=22, y=-55), background="plain", clothes="turtleneck")
views = [mouth.with_(yaw=yaw, expression=act) for yaw in (0, 60) for act in acts]
show(
    [render(person, view, size=192).image for view in views],
    titles=[f"{unit} {w:.2f}" for _ in range(2) for act in acts for unit, w in act.items()],
    alt="Two expressions twice: alike from the front, different where the head is turned aside.",
)


# %%
def likeness(one, other):
    """Cosine of the angle between two rows: 1 the same way, 0 unrelated, -1 the opposite way."""
    return one @ other / (np.linalg.norm(one) * np.linalg.norm(other))


for yaw in (0, 10, 20, 30, 45):
    turned_moves = moves_at(yaw)
    print(f"yaw {yaw:2}: {likeness(*[turned_moves[UNITS.index(unit)] for unit in pair]):+.2f}")

# %% [markdown]
# What moves *towards* the camera hardly moves in the picture. Here the lips come nearer, so they
# are drawn a little larger and lower, and opening the mouth does nearly that. Turning the head
# begins to tell the two apart: .99, then .74 at ten degrees. Keep it in mind for the end of this
# chapter, where we read expressions from points.

# %% [markdown]
# ## How a triangle becomes pixels
#
# Now we draw one, in about forty lines. For every triangle: which pixels does it cover, and is it
# nearer than what is there already? Both follow from three numbers.
#
# ### Where in a triangle?
#
# Any place p in a triangle is a mixture of its corners. Exercise 01.3 solved an equation for the
# **barycentric weights** of that mixture. They are areas, too: join p with the corners, and each
# corner gets the share of the small triangle *opposite* to it. `cross` gives twice an area, with a
# sign.

# %% tags=["resume"]
import numpy as np

from facelab.course import show
from facelab.course.figures02 import numbered_parts, scaled
from facelab.studio import Person, Scene, load_model, render

model = load_model()
SIZE = 96


# %%
def cross(u, v):
    """Twice the signed area between vectors u and v (..., 2)."""
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def barycentric(p, a, b, c):
    """Weights (..., 3) of the corners a, b, c (2,) at places p (..., 2); they sum to 1."""
    whole = cross(b - a, c - a)
    at_b, at_c = cross(p - a, c - a) / whole, cross(b - a, p - a) / whole
    return np.stack([1 - at_b - at_c, at_b, at_c], axis=-1)


# %% tags=["nbval-check-output"]
corners = np.array([[0.0, 0], [4, 0], [0, 4]])
for place in ([0, 0], [1, 1], [3, 3]):
    print(place, "->", barycentric(np.array(place), *corners))

# %% [markdown]
# A corner itself, a place inside, and one beyond the long side: **a negative weight means
# outside.** One trick for two questions: no weight below 0 says that the triangle covers a pixel,
# and the same weights mix whatever the corners know, as their depth.
# %% [markdown]
# First the pixels that may be inside at all: those in the box around the triangle. Their *centres*
# are at +0.5.


# %%
def centres_near(corners, size):
    """Centres (h, w, 2) of the pixels in the box around a triangle, and where they are."""
    left, top = np.clip(np.ceil(corners.min(axis=0) - 0.5), 0, size).astype(int)
    right, bottom = np.clip(np.floor(corners.max(axis=0) + 0.5), 0, size).astype(int)
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    return np.stack([x, y], axis=-1), (slice(top, bottom), slice(left, right))


# %% [markdown]
# Then one triangle. The **z-buffer** remembers for each pixel how near the nearest surface is. We
# keep 1 / distance, since that, and not the distance, changes evenly across a picture.


# %%
def draw_triangle(number, corners, near, buffer, ids):
    """Draw a triangle (3, 2), with 1 / distance (3,) at its corners, where it is nearest."""
    centres, box = centres_near(corners, len(buffer))
    weights = barycentric(centres, *corners)
    nearness = weights @ near
    wins = (weights >= 0).all(axis=-1) & (nearness > buffer[box])
    buffer[box][wins] = nearness[wins]
    ids[box][wins] = number


# %% [markdown]
# Then all of them. Half of a head is turned away from us: there the corners run the other way
# round, and the signed area tells.


# %%
def rasterise(points, near, triangles, size):
    """Nearness (size, size) and number of the triangle seen in each pixel, -1 for none."""
    buffer, ids = np.zeros((size, size)), np.full((size, size), -1)
    for number, triangle in enumerate(triangles):
        corners = points[triangle]
        facing = cross(corners[1] - corners[0], corners[2] - corners[0]) < 0
        if facing:
            draw_triangle(number, corners, near[triangle], buffer, ids)
    return buffer, ids


# %% [markdown]
# (Why below zero? Seen from outside, corners run counter-clockwise in the scene. But in a picture
# y points down, and that turns the sense round.) We take somebody without hair, as hair is no
# triangle of the mesh, and ask the studio for the projected vertices.

# %%
person = next(p for p in map(Person.from_seed, range(999)) if p.looks.hair_style == "bald")
frame = render(person, Scene(yaw=20, expression={"jawOpen": 0.5}), size=SIZE)
mesh = frame.mesh

# %%
solid = model.triangles[model.triangle_parts != model.part["lashes"]]
kinds = model.triangle_parts[model.triangle_parts != model.part["lashes"]]
buffer, ids = rasterise(mesh.points, mesh.near, solid, SIZE)

# %%
ours = np.where(ids < 0, 0, kinds[ids])
depth = np.where(ids < 0, np.inf, 1 / np.maximum(buffer, 1e-9))
near, far = np.percentile(depth[ids >= 0], [0, 98])
show(
    [scaled(depth, far, near), scaled(frame.depth, far, near)]
    + [numbered_parts(ours), numbered_parts(frame.parts)],
    titles=["our depth", "the studio's", "our parts", "the studio's"],
    columns=4,
    zoom=2,
    alt="Two pairs that look the same: depth in shades, and the parts of a head. The studio's "
    "parts also show where the clothes begin, and a few short hairs at the ear.",
)

# %% [markdown]
# They look alike. Looking is not measuring:

# %%
HAIRY = [model.part[name] for name in ("brows", "lashes", "hair", "beard")]
dressed = np.isin(frame.parts, [*HAIRY, model.part["clothes"]])
bare = (ids >= 0) & np.isfinite(frame.depth) & ~dressed
gap = np.abs(depth[bare] - frame.depth[bare])
print(
    f"{bare.sum()} pixels; median gap {np.median(gap):.2f} mm; within 2 mm {np.mean(gap < 2):.1%}"
)
print(f"same part: {np.mean(ours[bare] == frame.parts[bare]):.1%}")

# %% [markdown]
# The rest is the rim: the studio looks at four places in each pixel and takes the surface that
# most of them see. It also draws some fifty larger pictures a second, where ours took a second
# or more: the same loop, compiled.

# %% [markdown]
# ## What light tells
#
# A matt surface sends out what it receives, and it receives most where it faces the light:
# **brightness = albedo x max(0, normal . light)**, plus what comes from everywhere. *Albedo* is
# the skin's own colour, the *normal* the direction that a surface faces. (Lambert 1760.)

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.course.figures02 import coloured_normals
from facelab.studio import Light, Person, Scene, load_model, render
from facelab.studio.scene import Camera

model = load_model()
person = Person.from_seed(85)
close = Scene(camera=Camera(field=230, y=-15), background="plain", clothes="turtleneck")
LAMP = (-0.6, 0.4, 0.7)

# %%
lit = render(person, close.with_(light=Light(direction=LAMP)), size=192)
albedo = render(person, close.with_(light="flat"), size=192)
lamp = np.array(LAMP) / np.linalg.norm(LAMP)
shading = np.maximum(lit.normals @ lamp, 0)
clay = (255 * (0.15 + 0.85 * shading) * (lit.parts > 0)).astype(np.uint8)

# %% [markdown]
# Now the product. But pixel values are not amounts of light: a picture is stored on a curve (sRGB),
# which must be undone before light is multiplied, and done again afterwards.


# %%
def linear(image):
    """Amounts of light in [0, 1], channel by channel, of a picture in sRGB."""
    level = image / 255
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def stored(light):
    """The picture in sRGB (uint8) of amounts of light; what is brighter than 1 becomes 1."""
    light = np.clip(light, 0, 1)
    level = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (255 * level).round().astype(np.uint8)


# %% tags=["nbval-check-output"]
print("there and back again:", np.array_equal(stored(linear(albedo.image)), albedo.image))

# %% [markdown]
# How strong is the lamp, and how much light comes from everywhere? We fit both numbers: on the
# skin, a straight line through how much brighter it is than its albedo.

# %%
skin = (lit.parts == model.part["skin"]) & (lit.mask > 0.9)
brighter = linear(lit.image)[skin].mean(axis=1) / linear(albedo.image)[skin].mean(axis=1)
strength, ambient = np.polyfit(shading[skin], brighter, 1)
print(f"light on the skin: {ambient:.1f} + {strength:.1f} x (normal . light)")

# %%
light = np.where(lit.parts > 0, ambient + strength * shading, 1)
by_hand = stored(linear(albedo.image) * light[..., None])
for name, picture in {"albedo alone": albedo.image, "albedo x light": by_hand}.items():
    off = np.abs(picture[skin].astype(int) - lit.image[skin]).mean()
    print(f"{name:14} {off:.0f} grey levels from the studio's skin")

# %%
show(
    [coloured_normals(lit.normals), clay, albedo.image, by_hand, lit.image],
    titles=["normals", "normal . light", "albedo", "albedo x light", "the studio"],
    alt="Five pictures of a face: coloured normals, grey clay lit from the left, flat skin colour, "
    "their product, and the studio's picture, which is paler and has shadows and shine.",
)

# %% [markdown]
# Our product lacks what the studio adds: cast shadows (beside the nose), shine, which is white and
# makes skin paler, and light that walks under the skin. Still, two numbers and a dot product
# brought the skin most of the way.
#
# ### Exercise 02.5 (apply): where does the light come from?
#
# Backwards! From brightness and normals, find the light. Where nothing is in shadow, brightness
# is ambient + n_x l_x + n_y l_y + n_z l_z: a linear equation in each pixel.

# %% tags=["exercise"]
# source: facelab.course.exercises.ch02.light_from_shading
light_from_shading = check("02.5", light_from_shading)


# %%
def lamp_error(lamp):
    """Degrees between a lamp and what its shading on the inner face tells."""
    frame = render(person, close.with_(light=Light(direction=lamp)), size=192)
    skin = (frame.parts == model.part["skin"]) & (frame.mask > 0.9)
    brightness = linear(frame.image)[skin].mean(axis=1) / linear(albedo.image)[skin].mean(axis=1)
    found = light_from_shading(frame.normals[skin], brightness)
    return np.degrees(np.arccos(found @ lamp / np.linalg.norm(lamp)))


# %%
lamps = {"front, above": (0.45, 0.55, 0.8), "left": LAMP, "below": (0, -0.5, 0.8)}
lamps |= {"overhead": (0, 0.9, 0.5), "far right": (0.9, 0, 0.3)}
for name, direction in lamps.items():
    print(f"{name:13} off by {lamp_error(direction):4.1f} degrees")

# %% [markdown]
# A few degrees, until the lamp stands so far aside that half of the face is in its own shadow:
# there the equation is wrong, and nothing in the least squares says so.
#
# We cheated in one point: we *knew* the albedo. On a photograph a dark patch may be a dark skin in
# bright light or a light skin in the dark, and no picture can tell. Many systems settle it with a
# habit from their training pictures, and get people with dark skin wrong.

# %% [markdown]
# ## Everything that is true about a picture
#
# A photograph is one table of numbers. A rendered frame brings all the tables that it was made of:

# %% tags=["resume"]
from facelab.course import show
from facelab.course.figures02 import truths
from facelab.studio import Person, Scene, render
from facelab.studio.scene import Camera

scene = Scene(yaw=-15, occluder="hand", expression={"jawOpen": 0.3}, camera=Camera(field=290))
person = Person.from_seed(85)
frame = render(person, scene, size=176)
later = render(person, scene.with_(yaw=15.0, expression={"mouthPucker": 0.8}), size=176)

# %%
pictures, titles = truths(frame, later)
alt = "Fourteen views of one frame: a face with a hand before it, and all that is known about it."
show(pictures, titles=titles, columns=5, alt=alt)

# %% tags=["nbval-check-output"]
print("pose", frame.pose, "gaze", frame.gaze)
print("expression", frame.expression)
print("points hidden:", (~frame.visible).sum(), "of", len(frame.landmarks))

# %% [markdown]
# The **flow** says where each piece of skin goes in the next frame; the last picture, which pieces
# can still be seen there. On film, both are guesses. Later chapters train on them and score with
# them.

# %% [markdown]
# ## From points back to a person
#
# Now everything backwards. Given 68 points in a picture: which head, held how, doing what? Systems
# from Face2Face to today's avatars begin like this. The unknowns: three angles, a place, 40
# coefficients of identity, 52 of expression. The knowns: two numbers for each point.

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.course.figures02 import curve, steps_of_fit
from facelab.faces.fit import (
    PLACES,
    SENSOR,
    first_guess,
    fit,
    identity_of,
    point_model,
    pose_error,
    project_face,
    turned,
    turned_slopes,
)
from facelab.studio import Person, Scene, render
from facelab.studio.scene import Camera

SIZE = 256
person = Person.from_seed(85)
smile = {"mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "jawOpen": 0.2}
scene = Scene(yaw=25, pitch=-8, roll=5, expression=smile, camera=Camera(focal=70))
frame = render(person, scene, size=SIZE)

# %% [markdown]
# ### Which points?
#
# 17 to 67 are fixed places: the corner of an eye is the corner of an eye. But the jaw, 0 to 16, is
# drawn where the face *ends in the picture*. Turn the head, and it slides over the cheek: **it is
# another place on the skin each time**. Whoever fits it as if it were fixed, fits a lie.

# %%
for yaw in (0, 20, 40):
    turn = render(person, Scene(yaw=yaw), size=SIZE)
    slide = np.linalg.norm(turn.landmarks[:17] - turn.jaw_3d, axis=1)
    print(f"yaw {yaw:2}: contour and fixed jaw are {slide.max():4.1f} pixels apart at most")

# %% [markdown]
# So we take 17 to 67. (Or the fixed jaw, `frame.jaw_3d`: but only a studio can give you that.)
#
# The model of these 51 points is a small 3DMM: a mean, 40 principal components of 1,000 people's
# *points*, and the units. We learn it from the points alone, since a PCA of whole heads spends its
# components on necks and shoulders.

# %%
model = point_model()
given = frame.landmarks[17:]
print("mean", model.mean.shape, "identity", model.identity.shape, "expression", end=" ")
print(model.expression.shape)

# %% [markdown]
# ### Pretend that it is straight
#
# A **residual** is by how many pixels a point of the model is off, to the right or down.
# **Gauss-Newton** makes the squares of all residuals small by repeating two things: pretend that
# they change along straight lines (the *slopes*), and jump to where those lines make the squares
# smallest.
#
# So: how do the pixels move when an unknown moves? A point x mm aside and z mm away is seen at
# f x / z, with f the focal length in pixels. When it moves by dx and dz, the chain rule says, its
# picture moves by f (dx - dz x / z) / z.

# %%
# source: facelab.faces.fit.project_slopes

# %% [markdown]
# (`turned` gives the points before the camera, `turned_slopes` how they change.) Trust no formula
# that you have not nudged:

# %%
guess = first_guess(given, model, 70, SIZE)
slopes = project_slopes(guess, model, 70, SIZE)

# %% tags=["nbval-check-output"]
nudges = 0.01 * np.eye(len(guess))
pairs = [
    (project_face(guess + d, model, 70, SIZE), project_face(guess - d, model, 70, SIZE))
    for d in nudges
]
nudged = np.stack([(ahead - behind).ravel() / 0.02 for ahead, behind in pairs], axis=1)
print(f"{slopes.shape}, largest difference {np.abs(slopes - nudged).max():.2f}")

# %% [markdown]
# ### Exercise 02.6 (apply): one step of Gauss-Newton
#
# The residuals bend, but over a short way they are nearly straight: after a step d they are
# `residuals + slopes @ d`. Find the d that makes the sum of their squares smallest, with `damping`
# times the square of d added, so that the step stays short.

# %% tags=["exercise"]
# source: facelab.course.exercises.ch02.step
step = check("02.6", step)

# %% [markdown]
# Start weak: the mean face, straight ahead, as large as the points. Move the pose alone.


# %%
def residuals(unknowns):
    """Pixels by which the model's points are off, in one row."""
    return (project_face(unknowns, model, 70, SIZE) - given).ravel()


at, places = guess.copy(), [guess.copy()]
for _ in range(8):
    slopes = project_slopes(at, model, 70, SIZE)[:, :PLACES]
    at[:PLACES] += step(slopes, residuals(at), damping=0.1)
    places.append(at.copy())

# %%
for n in (0, 1, 2, 4, 8):
    pixels = np.sqrt(2 * np.mean(residuals(places[n]) ** 2))
    wrong = pose_error(places[n][:3], frame.pose)
    print(f"after {n} steps {pixels:5.2f} pixels off, the head {wrong:5.2f} degrees")

# %% [markdown]
# A few steps, and it stands still, nearly two pixels away: the mean face is not *this* face. Now
# let all 98 unknowns go. There are 102 numbers to hold them, but many say nearly the same, so
# something has to be *assumed*: that each coefficient is small, as it is for most people. A
# **prior**: in the sum of squares it is just one more square for each coefficient (a *ridge*).
# Weights below 0 or above 1 are not allowed.

# %%
# source: facelab.faces.fit.gauss_newton

# %%
found = fit(frame.landmarks, SIZE, focal=70)
shapes = [project_face(unknowns, model, 70, SIZE) for unknowns in (places[0], at)]

# %%
show(
    steps_of_fit(given, [*shapes, found.points], SIZE, ["the start", "pose alone", "everything"]),
    alt="Circles of given points and a drawn face: beside them at the start, turned rightly with "
    "pose alone, exactly on them at the end.",
)

# %%
show(
    curve(range(len(found.costs)), {"": found.costs}, "accepted step", "cost", log=(False, True)),
    alt="The cost falls steeply over the first few steps and then creeps.",
)

# %%
print(f"points {found.error:.2f} pixels off")
print("pose", np.round(found.pose, 1), "true", frame.pose)
print(f"identity: r = {np.corrcoef(found.identity, identity_of(person))[0, 1]:.2f}")

# %% [markdown]
# ## Measured against the truth
#
# A reprojection error of a fraction of a pixel looks like success, and on photographs it is all
# that anyone can report. Here we know the parameters. Forty people who were not in the thousand,
# each in a scene of their own:

# %% tags=["resume"]
import numpy as np

from facelab.course import show
from facelab.course.figures02 import true_and_found
from facelab.faces.fit import as_person, fit, identity_of, pose_error, seen_expression
from facelab.measure import interval
from facelab.studio import Person, Scene, render
from facelab.studio.draft import Draft
from facelab.studio.scene import Camera

skin = Person.from_seed(85)
rng = np.random.default_rng(1)
crowd = [Draft.of(skin, Person.from_seed(seed).weights) for seed in range(5000, 5040)]
scenes = [Scene.random(rng) for _ in crowd]
frames = [render(p, s, size=256).faces[0] for p, s in zip(crowd, scenes, strict=True)]

# %%
fits = [fit(f.landmarks, 256, focal=s.camera.focal) for f, s in zip(frames, scenes, strict=True)]
turns = np.array([pose_error(r.pose, f.pose) for r, f in zip(fits, frames, strict=True)])

# %%
low, high = interval(lambda w: np.average(turns, weights=w), len(turns))
print(f"reprojection error: {np.median([r.error for r in fits]):.2f} pixels (median)")
print(f"pose error: median {np.median(turns):.1f}, mean {turns.mean():.1f} degrees ", end="")
print(f"(95 % interval of the mean {low:.1f} to {high:.1f}, n = {len(turns)} people)")

# %% [markdown]
# Your third prediction. Which angle is it?

# %%
angles = np.abs([np.subtract(r.pose, f.pose) for r, f in zip(fits, frames, strict=True)])
for name, column in zip(("yaw", "pitch", "roll"), angles.T, strict=True):
    print(f"{name:5} {column.mean():.1f} degrees on average")

# %% [markdown]
# Pitch. A head that nods and a face whose features sit lower look almost the same from the front.
# And who is it?

# %%
true = np.array([identity_of(p) for p in crowd])
told = np.array([r.identity for r in fits])

# %%
show(
    true_and_found(true[:, :5], told[:, :5], [f"component {k + 1}" for k in range(5)]),
    alt="Five clouds of found against true coefficients, most along the diagonal.",
)


# %%
def by_component(fits):
    """Mean correlation of found with true coefficients, early, middle and late components."""
    told = np.array([r.identity for r in fits])
    r = [np.corrcoef(t, f)[0, 1] for t, f in zip(true.T, told.T, strict=True)]
    return [f"{np.mean(r[a:b]):.2f}" for a, b in ((0, 10), (10, 25), (25, 40))]


print("components 1 to 10, 11 to 25, 26 to 40:", *by_component(fits))

# %%
acts = np.array([seen_expression(s) for s in scenes]), np.array([r.expression for r in fits])
print(f"expression weights: correlation {np.corrcoef(*map(np.ravel, acts))[0, 1]:.2f}")

# %% [markdown]
# Impressive? These points are *exact*. dlib's, which chapter 3 measures, are off by a pixel or two:

# %%
for pixels in (1, 2):
    noisy = [f.landmarks + rng.normal(0, pixels, (68, 2)) for f in frames]
    pairs = zip(noisy, scenes, strict=True)
    worse = [fit(points, 256, s.camera.focal, noise=pixels) for points, s in pairs]
    turned = np.median([pose_error(r.pose, f.pose) for r, f in zip(worse, frames, strict=True)])
    print(f"{pixels} pixels of noise: {turned:.1f} degrees; components", *by_component(worse))

# %% [markdown]
# The late components go first: where the points cannot tell, the prior speaks, and says "average".
# The face that comes out is a likely one. It is not a measurement of the face.

# %%
best, worst = np.argsort(turns)[[0, -1]]
straight = Scene(camera=Camera(field=230, y=-15), background="plain", clothes="turtleneck")
pairs = [
    render(p, straight, size=192).image
    for n in (best, worst)
    for p in (crowd[n], Draft.of(skin, as_person(fits[n].identity, skin).weights))
]
titles = [who for n in (best, worst) for who in ("true", f"fit (pose {turns[n]:.1f} degrees off)")]

# %%
show(
    pairs,
    titles=titles,
    alt="Two pairs of straight views, true and fitted: alike in the first, less so in the second.",
)

# %% [markdown]
# ## What goes wrong
#
# Here we make it happen, on purpose.

# %% tags=["resume"]
import numpy as np

from facelab.course import show
from facelab.faces.fit import fit, identity_of, pose_error
from facelab.studio import UNITS, Person, Scene, render
from facelab.studio.draft import Draft
from facelab.studio.scene import Camera

skin = Person.from_seed(85)
rng = np.random.default_rng(1)
crowd = [Draft.of(skin, Person.from_seed(seed).weights) for seed in range(5000, 5012)]
scenes = [Scene.random(rng) for _ in crowd]
frames = [render(p, s, size=256).faces[0] for p, s in zip(crowd, scenes, strict=True)]
lenses = [scene.camera.focal for scene in scenes]

# %% [markdown]
# **The jaw that slides.** All 68 points, once with the contour that everybody draws, once with the
# fixed jaw that only we can know.

# %%
ALL = range(68)


def summary(fits, which=range(17, 68)):
    """One line: how far points, pose and identity are off."""
    turns = [pose_error(r.pose, f.pose) for r, f in zip(fits, frames, strict=True)]
    true = np.array([identity_of(p, tuple(which)) for p in crowd])
    r = np.corrcoef(true.ravel(), np.ravel([f.identity for f in fits]))[0, 1]
    pixels = np.median([f.error for f in fits])
    return f"pixels {pixels:4.2f}  pose {np.median(turns):4.1f} degrees  identity r = {r:.2f}"


# %%
fixed = [np.vstack([f.jaw_3d, f.landmarks[17:]]) for f in frames]
contour = [f.landmarks for f in frames]
for name, points, which in (
    ("without the jaw", contour, range(17, 68)),
    ("contour, taken for fixed", contour, ALL),
    ("the fixed jaw", fixed, ALL),
):
    fits = [fit(p, 256, lens, which) for p, lens in zip(points, lenses, strict=True)]
    print(f"{name:25} {summary(fits, which)}")

# %% [markdown]
# **The lens that nobody knows.** The same points, fitted with the wrong focal length:

# %%
known = [fit(f.landmarks, 256, lens) for f, lens in zip(frames, lenses, strict=True)]
for factor in (0.5, 1, 2, 4):
    fits = [fit(f.landmarks, 256, factor * lens) for f, lens in zip(frames, lenses, strict=True)]
    far = np.median([r.place[2] / k.place[2] for r, k in zip(fits, known, strict=True)])
    print(f"focal x {factor:3}: distance x {far:.2f}  {summary(fits)}")

# %% [markdown]
# The points are explained equally well each time. The distance follows the lens, the pose a little,
# and nothing in the residual says which lens it was: a large head far away and a small one near by
# have nearly the same picture.
#
# **Is it a wide mouth or a smile?** The same people, first with a straight face, then smiling. Who
# they are should not change at all. And a straight face should have no expression.

# %%
SMILE = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}
calm = [fit(render(p, Scene(), size=256).landmarks, 256) for p in crowd]
happy = [fit(render(p, Scene(expression=SMILE), size=256).landmarks, 256) for p in crowd]


def strangeness(ones, others):
    """Mean distance between the identities of two lists of fits, in standard deviations."""
    pairs = zip(ones, others, strict=True)
    return np.mean([np.linalg.norm(a.identity - b.identity) for a, b in pairs])


# %%
print(f"same person, calm and smiling: {strangeness(calm, happy):.1f} sd apart")
print(f"two people, both calm:         {strangeness(calm, calm[1:] + calm[:1]):.1f} sd apart")
strongest = [UNITS[r.expression.argmax()] + f" {r.expression.max():.2f}" for r in calm[:5]]
print("found on straight faces:", ", ".join(strongest))

# %% [markdown]
# A smile changes who somebody is, says the fit, though less than another person would. And straight
# faces "do" something: features that are rare in the model's people are explained as expressions.
#
# **A jaw that comes towards you**, one of the pair of exercise 02.4, from the front and turned:

# %%
JAWS = [UNITS.index("jawForward"), UNITS.index("jawOpen")]
for yaw in (0, 40):
    thrust = Scene(yaw=yaw, expression={"jawForward": 0.8})
    told = [fit(render(p, thrust, size=256).landmarks, 256).expression[JAWS] for p in crowd[:6]]
    forward, opened = np.mean(told, axis=0)
    print(f"yaw {yaw:2}: jawForward {forward:.2f} (true 0.80), jawOpen {opened:.2f} (true 0.00)")

# %% [markdown]
# From the front it is as good as unseen: the points hardly move, and the prior says
# "nothing". Turned, the fit at least notices.
#
# **Without a prior** the numbers go wild, and the points never looked better. Here they are off by
# two pixels, as found points are:

# %%
noisy = [f.landmarks + rng.normal(0, 2, (68, 2)) for f in frames]
for prior in (1, 1e-3, 1e-6):
    pairs = zip(noisy, lenses, strict=True)
    fits = [fit(points, 256, lens, noise=2, prior=prior) for points, lens in pairs]
    typical = np.sqrt(np.mean(np.square([r.identity for r in fits])))
    print(f"prior {prior:5}: {summary(fits)}  coefficients {typical:.1f} sd")

# %% [markdown]
# **Units that add up too far.** Displacements are straight lines and know nothing of each other:

# %%
close = Scene(camera=Camera(field=200, y=-35), background="plain", clothes="turtleneck")
clash = {
    "pucker": {"mouthPucker": 1.0},
    "pucker and smile": {"mouthPucker": 1.0, "mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
    "all of the mouth": {f"mouth{m}": 1.0 for m in ("Pucker", "Funnel", "RollLower", "RollUpper")},
}
show(
    [render(skin, close.with_(expression=e), size=256).image for e in clash.values()],
    titles=[*clash],
    alt="A mouth that puckers, one that also smiles, and one whose lips run into each other.",
)

# %% [markdown]
# ## Who could be hurt
#
# **Why people who do not exist?** A face belongs to somebody. The faces that this field trained on
# for years were mostly taken from the web without asking: their owners never agreed, licences cover
# the *photograph* and not the person, and some collections were withdrawn when that became known.
# Nobody in this course can be embarrassed, stalked or voted out because of it, and you may publish
# every picture you make (the face model is CC0).
#
# **But being synthetic does not make it fair.** Somebody chose which people can be drawn. Look:

# %% tags=["resume"]
from dataclasses import replace

import numpy as np

from facelab.course import show
from facelab.studio import Person, Scene, load_model, render
from facelab.studio.scene import Camera

model = load_model()
people = [Person.from_seed(seed) for seed in range(200)]
close = Scene(camera=Camera(field=230, y=-15), background="plain", clothes="turtleneck")


# %%
def eye_distance(person):
    """Distance between the centres of the eyes in mm."""
    shape = model.shape(person.weights)
    return np.linalg.norm(shape[model.eye_left].mean(0) - shape[model.eye_right].mean(0))


# %%
ages = [p.traits.age for p in people]
print(f"eyes {np.mean([eye_distance(p) for p in people]):.0f} mm apart; adults: 63 (Dodgson 2004)")
print(f"ages {min(ages):.0f} to {max(ages):.0f}; children: none, on purpose")

# %%
print(f"beards on {np.mean([p.looks.beard != 'none' for p in people]):.0%}")
styles = sorted({p.looks.hair_style for p in people})
print(f"{len(styles)} hair styles: {', '.join(styles)}")

# %% [markdown]
# No braids and no head scarves; skin without scars or vitiligo; no cleft lip, no palsy, nobody
# with trisomy 21. *Ancestry* is a mixture of three average shapes that a modelling program calls
# african, asian and caucasian: crude labels, not populations. And age? The same person, with
# only the number that paints age changed:

# %%
grown = []
for age in (30.0, 50.0, 80.0):
    p = Person.from_seed(85)
    grown.append(replace(p, traits=replace(p.traits, age=age), looks=replace(p.looks, grey=0.0)))

# %%
show(
    [render(p, close, size=256).image for p in grown],
    titles=["30 years", "50 years", "80 years"],
    alt="One face three times. Wrinkles deepen with age; shape and spots do not change.",
)

# %% [markdown]
# Wrinkles deepen, and that is nearly all that this number paints: spots and sagging skin hardly
# exist. (Shape, grey hair and the hair line come from other numbers.)
#
# So a detector that works on these people has not been tested on *yours*. A result in this course
# ranks methods on these faces, and says nothing about a method's fairness to real groups: for
# that, real people have to be asked, and paid. All gaps that we know of are listed in
# `datasets/DATASHEET.md`.
#
# One more harm is in this chapter. A fitted 3DMM is a *measurement of somebody's head*: with it a
# face can be made to say anything (chapter 8), and found again in other pictures. In the EU such
# numbers are biometric data as soon as they serve to identify. Fit people who do not exist.

# %% [markdown]
# ## What you have seen
#
# - A face is a mean and a few changes; PCA finds the changes in which a collection differs most,
#   and they belong to the collection.
# - Lists of numbers can be mixed, exaggerated and averaged; two averages can give a person away.
# - FACS says what is seen, ARKit's units what is steered; the table between them is a closest
#   relation.
# - A camera divides by distance, and what comes towards it is as good as unseen; a triangle is
#   three areas; a z-buffer keeps the nearest; light is a dot product.
# - Fitting runs all of it backwards. Small residuals do not mean right parameters: pitch, lens and
#   identity stand in for each other, and the prior fills what the points leave open.
# - Next: chapter 3 finds faces and their points in pictures that do not come with the truth.

# %% [markdown]
# ## Sources
#
# - V. Blanz, T. Vetter, *A morphable model for the synthesis of 3D faces*, SIGGRAPH 1999.
# - P. Ekman, W. Friesen, *Facial Action Coding System*, 1978; with J. Hager, second edition 2002.
# - R. Li et al., *Learning formation of physically-based face attributes*, CVPR 2020: ICT-FaceKit,
#   whose relation between ARKit's units and action units most rows of the table follow.
# - L. Sirovich, M. Kirby, *Low-dimensional procedure for the characterization of human faces*,
#   Journal of the Optical Society of America A 1987; M. Turk, A. Pentland, *Eigenfaces for
#   recognition*, 1991: the small square instead of the wide table.
# - B. Ward et al., *Nasal distortion in short-distance photographs: the selfie effect*, JAMA Facial
#   Plastic Surgery 2018.
# - J. Pineda, *A parallel algorithm for polygon rasterization*, SIGGRAPH 1988; E. Catmull, *A
#   subdivision algorithm for computer display of curved surfaces*, 1974: the z-buffer.
# - J. H. Lambert, *Photometria*, 1760.
# - K. Levenberg 1944 and D. Marquardt 1963: damped least squares. J. Thies et al., *Face2Face*,
#   CVPR 2016: the same unknowns, in real time. X. Zhu et al., *High-fidelity pose and expression
#   normalization*, CVPR 2015: the jaw that slides.
# - C. Dwork et al., *Calibrating noise to sensitivity in private data analysis*, TCC 2006.
# - A. Harvey, J. LaPlace, *Exposing.ai*, 2021: which collections of faces were taken from the web,
#   and which were withdrawn.
# - N. A. Dodgson, *Variation and extrema of human interpupillary distance*, 2004.
# - T. Gebru et al., *Datasheets for datasets*, Communications of the ACM 2021; ours is
#   `datasets/DATASHEET.md`. The face model: MakeHuman's shapes, CC0 (`datasets/CREDITS.md`).
# - Licences: prose and figures CC BY 4.0, code MIT, face model CC0 (`LICENSE` has the details).
