# %% [markdown]
# # What is a deepfake?
#
# After this chapter you will be able to
# - name the four ways to fake a face, and tell source, target and generated picture apart,
# - say where the word comes from, and what the thing is used for, well and badly,
# - swap a face yourself, without any learning, and explain each step,
# - score a swap against its true answer, and say why one number is never enough,
# - judge how well you see through fakes, and how little twelve pictures prove.
#
# **Time and memory:** {measured}
#
# **Needs:** nothing but Python; no download, no account, no GPU.

# %% [markdown]
# **Predict first.** Of twelve pairs of faces, one in each pair faked: how many fakes will you
# find? And you will swap a face with geometry and colour alone. If 0 is "nothing happened" and 1
# is the perfect swap, how far will that get? Write down two numbers. You will measure both.

# %% [markdown]
# ## A face that never existed

# %% tags=["resume"]
from facelab.course import show
from facelab.studio import Person, Scene, render

smile = {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "cheekSquintLeft": 0.4}
scene = Scene(yaw=6, gaze=(4, 0), expression=smile, background="room", clothes="shirt")
a, b = Person.from_seed(20), Person.from_seed(4)
nobody = render(a, scene, size=384)
swapped = render(a.with_face_of(b, tone="a"), scene, size=384)
show(
    [nobody.image, swapped.image],
    titles=["she never existed", "and this is not her face"],
    alt="A smiling woman with dark hair tied back, brown eyes. Beside her the same head, hair, "
    "smile and room with another woman's inner face: another nose and mouth, blue eyes.",
)

# %% [markdown]
# Nobody was photographed. A seeded **studio** computes people who do not exist: their bones, skin,
# hair and light. And it can do what no camera can: render the *same moment* with somebody else's
# face. The right picture is not a good fake. It is the **true answer**, to the pixel.

# %% tags=["nbval-check-output"]
changed = (nobody.image != swapped.image).any(axis=2)
print("pixels that changed outside the inner face:", changed[nobody.mask == 0].sum())

# %% [markdown]
# Three pictures take part in every deepfake, and this course always calls them by the same names:
#
# - the **source** *x_s*, which drives: it gives a face or a movement,
# - the **target** *x_t*, which is faked,
# - the **generated** picture *x_g*.
#
# For a swap one sentence says it all: **identity from B, everything else from A**.

# %%
source = render(b, Scene(background="outdoor", clothes="vneck", seed=4), size=256)
target = render(a, scene, size=256)
generated = render(a.with_face_of(b, tone="a"), scene, size=256)

# %%
show(
    [source.image, target.image, generated.image],
    titles=["source: B", "target: A", "generated: the truth"],
    alt="A blonde woman with blue eyes outdoors; a dark-haired woman who smiles in a room; the "
    "second picture with the inner face of the first.",
)

# %% [markdown]
# `tone="a"` asks for B's features in A's skin colour, for nearly every method matches colours.
#
# **Where the word comes from.** *Deep* learning and *fake*: in autumn 2017 somebody under the name
# "deepfakes" posted videos on Reddit in which an autoencoder had put actresses' faces into
# pornography. Motherboard reported on 11 December 2017, an app for everyone followed in January
# 2018, and on 7 February 2018 Reddit closed the forum, which had nearly 90,000 members. So the
# first use was abuse. The word now covers any picture, voice or film of a person that a machine
# made to look authentic. This course is about faces.

# %% [markdown]
# ## Four ways to fake a face
#
# A survey of the field (Mirsky and Lee 2021) sorts them by what they change:
#
# | | what changes | examples |
# |---|---|---|
# | **replacement** | who it is | transfer, swap |
# | **reenactment** | what they do | gaze, mouth, expression, pose |
# | **editing** | one property | hair, glasses, age |
# | **synthesis** | nobody is the target | a whole new person |

# %% tags=["resume"]
from dataclasses import replace

from facelab.course import check, show
from facelab.course.figures01 import aged, with_mouth_of
from facelab.course.quiz import Riddle
from facelab.studio import Camera, Person, Scene, render

a, b = Person.from_seed(9), Person.from_seed(42)
shout = {"browDownLeft": 1, "browDownRight": 1, "noseSneerLeft": 1, "noseSneerRight": 1}
shout |= {"eyeSquintLeft": 0.5, "eyeSquintRight": 0.5, "jawOpen": 0.5}
smile = {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6}
near = Camera(field=250)
source = Scene(yaw=25, gaze=(-26, 0), expression=shout, background="outdoor", camera=near)
target = Scene(yaw=-6, expression=smile, background="room", clothes="shirt", camera=near)


# %%
def snapshot(person, scene):
    """A small picture of a person in a scene."""
    return render(person, scene, size=208).image


# %% [markdown]
# ### Replacement: another face in the same place
#
# In a **swap** the new face does what the target did. In a **transfer** it comes as it was in the
# source, with its own expression and gaze.

# %%
worn = a.with_face_of(b, tone="a")
as_swap = snapshot(worn, target)
as_transfer = snapshot(worn, target.with_(expression=shout, gaze=source.gaze))

# %%
show(
    [snapshot(b, source), snapshot(a, target), as_swap, as_transfer],
    titles=["source", "target", "swap", "transfer"],
    alt="A man shouts and looks aside; a red-haired woman smiles. With his face she smiles in the "
    "swap, and shouts in the transfer.",
)

# %% [markdown]
# ### Reenactment: the same face does something else
#
# Now the target keeps her face. The source is a puppeteer, and each mode hands him more strings.

# %%
puppets = {
    "gaze": target.with_(gaze=source.gaze),
    "mouth": with_mouth_of(target, source),
    "expression": target.with_(expression=source.expression),
    "pose": target.with_(yaw=source.yaw, pitch=source.pitch, roll=source.roll),
}

# %%
show(
    [snapshot(b, source), snapshot(a, target), *(snapshot(a, s) for s in puppets.values())],
    titles=["source", "target", *puppets],
    columns=3,
    alt="The red-haired woman four more times: with her eyes turned aside, with her mouth open, "
    "shouting with drawn brows, with her head turned.",
)

# %% [markdown]
# *Mouth* alone is what dubbing does: make lips fit another language. *Pose* with *expression* is a
# full puppet.

# %% [markdown]
# ### Editing: one property changes
#
# There is no second person. Something is added, changed or taken away.

# %%
edits = {
    "as she was": (a, target),
    "hair": (replace(a, looks=replace(a.looks, hair_style="bob", hair_red=0.0)), target),
    "beard": (replace(a, looks=replace(a.looks, beard="goatee")), target),
    "glasses": (a, target.with_(occluder="glasses")),
    "age 60": (aged(a, 60), target),
    "age 80": (aged(a, 80), target),
}

# %%
show(
    [snapshot(person, scene) for person, scene in edits.values()],
    titles=list(edits),
    columns=3,
    alt="The same woman as she was, with brown hair in a bob, with a beard, with glasses, "
    "at 60 with grey hair, at 80 with folds and white hair.",
)

# %% [markdown]
# ### Synthesis: nobody is the target
#
# A whole person from nothing but numbers. And since people are numbers here, there is a road from
# one to the other on which everybody is somebody new.

# %%
show(
    [snapshot(Person.from_seed(seed), target.with_(seed=seed)) for seed in (28, 47, 3, 32)]
    + [snapshot(Person.between(a, b, share), target) for share in (0, 0.33, 0.67, 1)],
    titles=["new", "new", "new", "new", "A", "a third", "two thirds", "B"],
    columns=4,
    alt="Four unrelated people; below, four steps from the red-haired woman to the man.",
)

# %% [markdown]
# ### Exercise 01.1 (understand): name the mode
#
# Six rows of source, target and generated picture, one of each kind: `"transfer"`, `"swap"`,
# `"gaze"`, `"mouth"`, `"expression"`, `"pose"`. Which is which? (Two rows stand in each line.)

# %%
riddle = Riddle.drawn()

# %%
show(
    riddle.pictures,
    titles=riddle.titles,
    columns=6,
    alt="Six rows, each with a source who is turned, shouts and looks aside, a target who smiles "
    "at us, and a generated picture.",
)

# %% tags=["exercise"]
# answer:
modes = ["mouth", "swap", "transfer", "pose", "gaze", "expression"]
# end answer
modes = check("01.1", modes, riddle=riddle)

# %% [markdown]
# ### Exercise 01.2 (apply): the true swap
#
# Two people and two scenes. Whom must the studio render, in which scene, for the true swap?
# Identity from B, everything else from A. Return the person and the scene. (B's features in A's
# skin colour or in B's own: either `tone` is right.)

# %% tags=["exercise"]
# source: facelab.course.exercises.ch01.true_swap
true_swap = check("01.2", true_swap)

# %%
back = true_swap(b, a, source, target)  # now he is faked, and gets her face
people = (a, target), (b, source), back, (a, source)
show(
    [snapshot(*both) for both in people],
    titles=["source", "target", "the true swap", "a head swap"],
    alt="The woman; the shouting man; his head, shouting and turned, with her face; her whole head "
    "with red hair in his place.",
)

# %% [markdown]
# ## Good uses and bad ones
#
# **With the consent of those who are shown**
#
# - *Shelter.* The documentary "Welcome to Chechnya" (Sundance, January 2020) gave people who were
#   fleeing for their lives the faces of 22 volunteers. Their expressions stayed; they could be
#   seen, and not be found. That is a swap.
# - *Language.* In April 2019 David Beckham asked in nine languages for an end to malaria, with the
#   voices of people who know the disease. That is mouth reenactment.
# - *Warning.* "In Event of Moon Disaster" (MIT, 2019) shows the speech that President Nixon
#   never had to give. It teaches how such films are made, and won a News and Documentary Emmy in
#   2021. (The one who is shown could not be asked: is a warning enough of a reason?)
# - *Data of nobody.* Faces that are computed, as here, can be measured, published and deleted
#   without asking anybody.
#
# **Without it**
#
# - *Sexual abuse.* In September 2019 the firm Deeptrace counted 14,678 deepfake videos online, 96
#   per cent of them pornography that nobody had agreed to. All who were shown there were women.
# - *War.* On 16 March 2022 a film of Ukraine's president telling his soldiers to surrender was put
#   on a hacked news site. He answered with a film of his own, and platforms removed the fake, on
#   the same day.
# - *Fraud.* In January 2024 an employee in Hong Kong, reassured by a video conference in which
#   all the others were fakes, sent 200 million Hong Kong dollars (about 25.6 million US dollars)
#   to strangers. In May the engineering firm Arup said that it was the one.
# - *Doubt.* Once everything can be faked, a true recording can be called a fake. Chesney and
#   Citron (2019) named this the **liar's dividend**: it needs no technique at all.
#
# The technique is the same on both sides. Consent, and telling the viewer, make the difference.

# %% [markdown]
# ## Five ideas, and where you meet them
#
# There are hundreds of systems and five ideas. The rest is plumbing: finding faces, cutting them
# out, putting them back, keeping a film from flickering.

# %% tags=["resume"]
from facelab.course import show
from facelab.course.figures01 import five_ideas
from facelab.studio import Person, Scene, render

a, b = Person.from_seed(20), Person.from_seed(4)
smile = {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "jawOpen": 0.15}
scene = Scene(yaw=14, pitch=4, expression=smile, background="room", clothes="shirt")

# %%
target, source = render(a, scene), render(b, Scene(yaw=-8, background="room"))
truth = render(a.with_face_of(b, tone="a"), scene)
puppet = render(b, scene)
arrows, _ = source.flow_to(puppet)

# %%
show(
    five_ideas(target, source, truth, puppet, arrows),
    alt="A map of five roads from one picture to another. 1: a face through an encoder of everyone "
    "and a decoder of B to the swap. 2: a white drawing of a face through a network to B in that "
    "pose. 3: a face through features, shifted by B's numbers, to the swap. 4: a face covered with "
    "arrows whose pixels are moved, to B in another pose. 5: a face, a mask and a formula.",
)

# %% [markdown]
# Every picture on this map is a *true* one, made by the studio: each road is a promise that its
# chapter will measure. The plumbing has its own chapters: finding faces (3), collecting them (4),
# putting them back (6). Then come catching (12), signing (13), the law (14) and the tools (15).
#
# The fourth idea needs no network at all. So let us start there.

# %% [markdown]
# ## Your first swap, in a minute
#
# The plan: find the same points on both faces; bend B's face until its points lie on A's; match
# colours and light; hide the seam. Nothing is learned, and it takes two pictures.

# %% tags=["resume"]
import numpy as np

from facelab.blend import eroded, halfway, hull_mask, match_colour, match_light, paste, warp
from facelab.course import check, show
from facelab.course.figures01 import mesh_on, same_place
from facelab.faces import detect, landmarks
from facelab.studio import Person, Scene, render

a, b = Person.from_seed(20), Person.from_seed(4)
smile = {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "cheekSquintLeft": 0.4}
scene = Scene(yaw=6, gaze=(4, 0), expression=smile, background="room", clothes="shirt")
frame_a = render(a, scene, size=320)
frame_b = render(b, Scene(yaw=4, background="outdoor", clothes="vneck", seed=4), size=320)
picture_a, picture_b = frame_a.image, frame_b.image

# %% [markdown]
# ### Step 1: the same points on both faces
#
# Chapter 3 explains how dlib finds a face and 68 points on it. Here it is a tool.

# %%
points_a = landmarks(picture_a, detect(picture_a)[0])
points_b = landmarks(picture_b, detect(picture_b)[0])

# %% [markdown]
# Which points frame what is swapped? The outline of the head must stay A's, so the jaw is drawn in.
# And the 68 points end at the brows, where a face does not: the brows are lifted to an arch.

# %%
from facelab.blend.inputs import points_68
from facelab.blend.warp import BROWS, LIFT

# source: facelab.blend.warp.face_points

# %% [markdown]
# Where should B's nose come to lie? On A's nose exactly, and B gets A's proportions; where it would
# lie if B's face were laid over A's as it is, and B's pose comes along too. `halfway` takes the
# middle.

# %%
there = face_points(points_b)
here = face_points(halfway(points_a, points_b))

# %% [markdown]
# ### Step 2: triangles
#
# Which points belong together? **Delaunay's** rule: join three points if no other point lies in
# the circle through them. It avoids long thin triangles.

# %%
from facelab.blend import triangles

three = triangles(here)
pictures = (picture_a, here), (picture_b, there)

# %%
show(
    [mesh_on(image, points, three, points[68:]) for image, points in pictures],
    alt="Two faces covered by the same net of triangles; ten guessed points on the forehead are "
    "ringed.",
)

# %% tags=["nbval-check-output"]
print(f"{len(here)} points; every triangle has {three.shape[1]} corners")

# %% [markdown]
# The triangles are chosen on A and *reused* on B: triangle 17 has its corners on the same three
# points in both faces.
#
# ### Exercise 01.3 (apply): the same place in another triangle
#
# A place inside a triangle is a mixture of its corners. With which **weights**? They sum to 1, and
# corners times weights is the place. Find the three numbers for any place and triangle.

# %% tags=["exercise"]
# source: facelab.course.exercises.ch01.corner_weights
corner_weights = check("01.3", corner_weights)

# %%
corners = three[np.argmax(np.ptp(here[three], axis=1).min(axis=1))]  # a large one
place = np.array([0.5, 0.3, 0.2]) @ here[corners]
weights = corner_weights(place, here[corners])
same = weights @ there[corners]
print("weights", weights.round(2))

# %%
pair, titles = [picture_a, picture_b], ["a pixel of A", "its place in B"]
show(
    same_place(pair, [here[corners], there[corners]], [place, same], titles),
    alt="A triangle on A's face with a cross in it; the matching triangle on B's face, with the "
    "cross at the same place in it.",
)

# %% [markdown]
# ### Step 3: bend B's face
#
# So **every pixel of the result asks where it comes from**. That is the inverse of what one would
# write first ("send each pixel of B somewhere"), and it leaves no holes. In which triangle does its
# centre lie? And what do your weights make of that triangle's corners on B?

# %%
from facelab.blend.warp import mesh

rows, columns = np.nonzero(eroded(hull_mask(here, picture_a.shape), 1))
places = np.stack([columns, rows], axis=1) + 0.5  # centres of the pixels
corners = three[mesh(here).find_simplex(places)]

# %%
asked = [corner_weights(p, here[c]) @ there[c] for p, c in zip(places, corners, strict=True)]
x, y = np.array(asked).astype(int).T
by_you = np.zeros_like(picture_a)
by_you[rows, columns] = picture_b[y, x]

# %% [markdown]
# That was your function, once for each pixel of the face. `origins` asks for all pixels at once;
# its `weights_in_mesh` is yours with one matrix made ready for each triangle.

# %%
from facelab.blend.inputs import points_2d
from facelab.blend.warp import PointsError, require, weights_in_mesh

# source: facelab.blend.warp.origins

# %% tags=["nbval-check-output"]
whence = origins(there, here, picture_a.shape[:2])
print("your function says the same:", np.allclose(whence[rows, columns], asked))

# %% [markdown]
# `warp` looks all these places up, and mixes neighbouring pixels where one lies in between. What it
# brings is laid over A inside the **hull** of the points, less a rim of a few pixels: the simplest
# mask there is.

# %%
from facelab.blend.landmark_swap import RIM

bent, covered = warp(picture_b, there, here, picture_a.shape)
mask = eroded(hull_mask(here, picture_a.shape) * covered, RIM)
pasted = paste(bent, picture_a, mask)

# %%
show(
    [picture_b, by_you, bent, pasted],
    titles=["B", "bent by your function", "by warp", "pasted on A"],
    alt="B; twice B's face alone on black, in the place of A's, the first a little jagged; A with "
    "B's pale face pasted on, its edge in plain sight.",
)

# %% [markdown]
# ### Step 4: match colours and light
#
# ### Exercise 01.4 (apply): the mean colour
#
# Shift B's face by one number for each channel, so that its **mean colour inside the mask** becomes
# that of A's face. The result is `uint8` again.

# %% tags=["exercise"]
# source: facelab.course.exercises.ch01.tinted
tinted = check("01.4", tinted)

# %% [markdown]
# The course's `match_colour` also stretches the spread, and does it in a space made for eyes
# (CIELAB). `match_light` then gives each neighbourhood the brightness that A's face has there: the
# lamp in A's room is not the sun in B's garden.

# %%
shifted = tinted(bent, picture_a, mask > 0.5)
matched = match_colour(bent, picture_a, mask)
lit = match_light(matched, picture_a, mask)

# %%
steps = {"mean": shifted, "mean and spread": matched, "and light": lit}
show(
    [picture_a, *(paste(face, picture_a, mask) for face in steps.values())],
    titles=["A", *steps],
    alt="A, and three swaps, each nearer to her skin: the mean colour matched, its spread too, and "
    "the light from the side.",
)

# %% [markdown]
# ### Step 5: hide the seam
#
# The eye sees edges, not colours. **Poisson blending** (Perez, Gangnet and Blake 2003) keeps B's
# *differences* between neighbouring pixels, and takes the colours on the border from A. In between
# lies the smoothest correction there is: a soap film over the rim of the mask. Each unknown pixel
# of the film is the mean of its four neighbours: one equation per pixel.

# %%
from scipy import sparse
from scipy.sparse.linalg import splu

# source: facelab.blend.poisson.neighbour_equations
# %% [markdown]
# Thousands of equations, but five numbers in each: a *sparse* solver does the rest. What it finds
# is added to B's face.
# %%
# source: facelab.blend.poisson.membrane
# %%
from facelab.blend.inputs import picture, same_size, share
from facelab.blend.poisson import MaskError

# source: facelab.blend.poisson.poisson

# %%
fake = poisson(lit, picture_a, mask)
truth = render(a.with_face_of(b, tone="a"), scene, size=320).image

# %%
show(
    [picture_a, picture_b, fake, truth],
    titles=["A", "B", "your swap", "the truth"],
    alt="A; B; a swap in which A's head wears B's blue eyes, nose and calm lips; the truth, which "
    "smiles.",
)

# %% [markdown]
# That is a face swap. All five steps in one function, which takes what the studio rendered and
# nothing else: nobody real is faked here. (It can also hide the seam the cheap way, by letting the
# edge fade: `feather`. The table further down compares the two.)

# %%
from facelab.blend.inputs import rendered
from facelab.blend.landmark_swap import blender, found_points

# source: facelab.blend.landmark_swap.swap

# %% tags=["nbval-check-output"]
again = swap(frame_a, to=frame_b, blend="poisson")
print("the function makes the same picture:", np.array_equal(again, fake))

# %% [markdown]
# Look closely at yours and at the truth. Whose mouth is it? Where is the smile? Bending moves
# points, but B's lips were closed and calm in the only picture we had.

# %% [markdown]
# ## Which of these is the fake?
#
# Twelve pairs. One picture of each pair was rendered and left alone; in the other the face was
# replaced by the swap you just wrote. Each fake got the face of somebody alike, taken from a
# picture in the same pose, as a faker would do; and all files went through the same JPEG.
#
# Look first, then answer. (The answers stand in no cell, and no peeking at what is to come.)

# %% tags=["resume"]
import numpy as np

from facelab.course import check, show
from facelab.course.figures01 import against_humans
from facelab.course.quiz import PUBLISHED, Quiz, share_interval

quiz = Quiz.drawn(pairs=12)

# %%
show(
    quiz.pictures,
    titles=quiz.titles,
    columns=3,
    alt="Twelve numbered pairs of portraits of computed people, a left and a right one in each.",
)

# %% [markdown]
# Answer with these buttons (mouse, or Tab and Space) ...

# %%
quiz.buttons()

# %% [markdown]
# ... or in this cell, with twelve letters: where is the fake, `L` or `R`? Then run it.

# %%
answers = ...  # such as "LRLRLRLRLRLR"; leave the dots if you used the buttons
result = quiz.result(answers)

# %% [markdown]
# If you have answered, compare with your first prediction. And below, each A stands untouched
# (left) beside the fake that was made of it (right). What could have told you?

# %%
if result.whose == "you":
    show(
        quiz.unmasked,
        titles=quiz.titles,
        columns=3,
        alt="Twelve pairs again: each target as it was rendered, and to the right its fake.",
    )

# %% [markdown]
# How much is such a share worth? Twelve throws of a coin have luck in them. The bar is a 95 %
# interval (Wilson 1927): it holds every true skill for which a result like this one would be
# nothing unusual.
#
# Beside it stands what was published: 56 papers with 86,155 participants, **55.5 %** right over
# all media and 53.2 % on still images (Diel et al. 2024). Both intervals include one half: a skill
# beyond guessing has not been shown on average; that nobody has it is not shown either.

# %%
show(
    against_humans({result.whose: result.row, **PUBLISHED}),
    alt="Three bars around the line of a coin at 50 per cent: this quiz, very wide; people on all "
    "media, 49 to 62 per cent; people on still images, 42 to 65 per cent.",
)

# %% [markdown]
# **May you compare the two?** Only with care:
#
# - *Other pictures.* These are drawn people and a simple method. The studies used photographs and
#   films of many methods, most of them better.
# - *Another question.* Here one of two **is** fake, and you may compare. Most studies show one
#   picture and ask "real or fake?", which is harder.
# - *Twelve.* The interval is far wider than the distance to 55.5 %.
# - *One of you.* The studies average over thousands; you are one, and you were just shown how it
#   is done.
#
# (The machine that answers for those who do not has one idea: what was bent and copied is softer.
# In chapter 12 it gets better ones.)
#
# ### Exercise 01.5 (explore): how much luck?
#
# A coin is right sometimes, too. How many of 12, of 48, of 192 and of 768 pairs must be right, at
# the fewest, until the *whole* bar lies above one half? Guess. Then find out by trying: put other
# numbers into the next cell and run it again. After three of the four, do you see a rule? Test it
# on the last.

# %%
for right, n in [(7, 12), (8, 12)]:  # yours
    low, high = share_interval(right, n)
    print(f"{right:3} of {n:3} = {right / n:.1%}   the bar: {low:.1%} to {high:.1%}")

# %% tags=["exercise"]
# answer:
fewest = [10, 31, 110, 412]  # of 12, 48, 192, 768
# end answer
fewest = check("01.5", fewest, pairs=[12, 48, 192, 768])

# %% tags=["nbval-check-output"]
for right, n in zip(fewest, [12, 48, 192, 768], strict=True):
    print(f"right in {right / n:.1%} of {n:3} pairs: {100 * right / n - 50:4.1f} above the coin")

# %% [markdown]
# Between which two lines would 55.5 per cent stand? And how far above the coin was your own share
# of twelve?

# %% [markdown]
# ## Measured against the truth
#
# "It looks good" is not a result. The studio knows the true swap, so we can measure. First the
# question that everybody asks: how far is each pixel off?

# %% tags=["resume"]
import numpy as np

from facelab.blend import swap
from facelab.course import check, show
from facelab.course.figures01 import error_map
from facelab.faces import SAME_PERSON, detect, distance, embed
from facelab.measure import interval
from facelab.measure.calibration import SwapCase, calibration
from facelab.measure.quality import psnr, ssim
from facelab.measure.swap import cases
from facelab.studio import Person, Scene

smile = {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "cheekSquintLeft": 0.4}
scene = Scene(yaw=6, gaze=(4, 0), expression=smile, background="room", clothes="shirt")
plain = Scene(yaw=4, background="outdoor", clothes="vneck", seed=4)
case = SwapCase(Person.from_seed(20), Person.from_seed(4), scene, source_scene=plain)
target, truth = case.target.image, case.truth.image
mask = case.truth.mask
fake = swap(case.target, to=case.source, blend="poisson")

# %%
show(
    error_map([target, fake], truth, mask, ["copy of the target", "your swap"]),
    alt="Two maps of error. The copy of the target errs at brows, eyes, nose and mouth; the swap "
    "less at the nose, about as much at brows, eyes and mouth, and a little on cheeks and chin.",
)

# %% [markdown]
# The copy of the target is a **baseline**: a method that does nothing. In decibels (PSNR, larger is
# better), inside the true face only:

# %%
print(f"copy of the target {psnr(target, truth, mask):.1f} dB")
print(f"your swap          {psnr(fake, truth, mask):.1f} dB")

# %% [markdown]
# The mean errors over the maps, printed above them, hardly differ. Decibels count squares, and so
# differ more: the copy errs greatly in few places, your swap a little in many.
#
# Doing nothing is a strong opponent! A and B both have two eyes, a nose, a mouth and the same
# light: most pixels of a face are a face. PSNR says how near a picture is, not **which way** it
# went. So we ask that too.
#
# ### Exercise 01.6 (apply): how far towards the truth?
#
# Draw a line from the target *t* to the truth *g*, and project your picture *y* onto it:
# **alpha** = <y - t, g - t> / |g - t|^2. It is 0 for the copied target and 1 for the truth.

# %% tags=["exercise"]
# source: facelab.course.exercises.ch01.alpha
alpha = check("01.6", alpha)

# %%
inside = mask > 0.5
print(f"alpha of your swap: {alpha(fake[inside], target[inside], truth[inside]):.2f}")

# %% [markdown]
# Is that much? A number means nothing until you know what *others* score. So the same three scores
# for pictures whose worth we know: the two dumb baselines, the truth of another moment, and the
# truth itself, blurred more and less.

# %%
rows = {"your swap": fake, **calibration(case, other_scene=Scene(yaw=-12, light="studio"))}
print(f"{'':24} PSNR   SSIM  alpha")
for name, y in rows.items():
    near = psnr(y, truth, mask), ssim(y, truth, mask)
    gone = alpha(y[inside], target[inside], truth[inside])
    print(f"{name:24}{near[0]:5.1f}   {near[1]:.2f}   {gone:.2f}")

# %%
shown = ["your swap", "mean face", "truth of another scene", "truth blurred 2 px", "truth"]
show(
    [rows[name] for name in shown],
    titles=shown,
    alt="Five faces in one place: the swap, a mean face, B in another pose, the blurred truth, the "
    "truth.",
)

# %% [markdown]
# Read the table twice. The **mean face**, nobody in particular, beats your swap in every column:
# any face in the right place, under the right light, is some way towards any other. And the
# **truth of another scene** has B's identity to the last pore, and the worst PSNR of all. No single
# number is enough; together, and beside these rows, they place a method.
#
# ### Does it still look like B to a machine?
#
# dlib turns a face into 128 numbers, near each other for one person. Below a distance of .6 its
# author calls two faces one person.


# %%
def code(image):
    """The embedding of the first face in a picture."""
    return embed(image, detect(image)[0])


# %%
code_a, code_b = code(target), code(case.source.image)
for name, y in (("A", target), ("your swap", fake), ("the truth", truth)):
    print(f"{name:10} to B {distance(code(y), code_b):.2f}   to A {distance(code(y), code_a):.2f}")
print(f"the same person: below {SAME_PERSON}")

# %% [markdown]
# Read the first row first: A and B are two people, and yet nearer than .6. A threshold makes such
# mistakes, and here it calls everybody one person. So compare instead: your swap is nearer to B
# than to A, and so is the truth. (The swap is even a little nearer to B than the truth is, for it
# was bent from that very picture of B.)
#
# ### Not only on the pair that looked best
#
# One pair is an anecdote, and this one was chosen by hand. So now people nobody picked, each in a
# random scene, with a plain frontal picture of B.


# %%
def scored(image, case):
    """(PSNR, alpha) of one picture."""
    y, t, g = (p[case.truth.mask > 0.5] for p in (image, case.target.image, case.truth.image))
    return psnr(image, case.truth.image, case.truth.mask), alpha(y, t, g)


# %%
def all_scored(case):
    """Scores (3, 2) of the target's copy and of the swap with either way to hide the seam."""
    fakes = [swap(case.target, to=case.source, blend=way) for way in ("poisson", "feather")]
    return [scored(image, case) for image in (case.target.image, *fakes)]


# %%
scores = np.array([all_scored(case) for case in cases(2000, pairs=6, source="neutral")])
for n, name in enumerate(("copy of the target", "swap, Poisson", "swap, feather")):
    near, gone = scores[:, n].T
    low, high = interval(lambda w, x=near: np.average(x, weights=w), len(near))
    print(f"{name:18} {near.mean():5.2f} dB ({low:.1f} to {high:.1f})   alpha {gone.mean():.2f}")
print(f"n = {len(scores)} pairs of people, 95 % intervals")

# %% [markdown]
# These intervals are wide because some *pairs* are harder than others, for every method alike. Two
# methods that met the same pairs are better compared pair by pair:

# %%
rivals = {"feather - Poisson": (2, 1), "feather - copy": (2, 0), "Poisson - copy": (1, 0)}
for name, (one, other) in rivals.items():
    gain = scores[:, one, 0] - scores[:, other, 0]
    low, high = interval(lambda w, x=gain: np.average(x, weights=w), len(gain))
    print(f"{name:17} {gain.mean():+.2f} dB ({low:+.2f} to {high:+.2f})")

# %% [markdown]
# Find your second prediction. Geometry and colour alone go about a third of the way to the truth.
# On the pair that was chosen by hand the swap was ahead of the copy in decibels. On people nobody
# picked no lead was shown: both intervals against the copy include 0, and six pairs settle little.
# And the seam that nobody sees has a price: Poisson's equation carries the colours of the border
# into the face, and the plain fading edge comes nearer to the truth. Every method of this course
# has to do better, in the same table.

# %% [markdown]
# ## What goes wrong
#
# The pair above was kind: two faces that look ahead, hair tied back, no beard. Now we are not.

# %% tags=["resume"]
import numpy as np

from facelab.blend import eroded, hull_mask, match_colour, poisson, swap, warp
from facelab.course import show
from facelab.course.figures01 import falling
from facelab.measure import quality
from facelab.measure.calibration import SwapCase
from facelab.studio import Camera, Person, Scene

a, b = Person.from_seed(20), Person.from_seed(4)
room = Scene(background="room", clothes="shirt")
outdoor = Scene(background="outdoor", clothes="vneck", seed=4)

# %% [markdown]
# To see one cause at a time, the points are the true ones from now on.


# %%
def faked(case):
    """The swap with true points."""
    points = case.target.landmarks, case.source.landmarks
    return swap(case.target, case.source, *points, blend="poisson")


# %% [markdown]
# **A turned head.** One picture of B, from the front. A turns away.

# %%
YAWS = [0, 20, 40, 60]
turning = [SwapCase(a, b, room.with_(yaw=yaw), outdoor, size=224) for yaw in YAWS]
fakes = [faked(case) for case in turning]

# %%
show(
    [*fakes, *(case.truth.image for case in turning)],
    titles=[f"swap, {yaw} degrees" for yaw in YAWS] + ["the truth"] * len(YAWS),
    columns=len(YAWS),
    alt="Above, the swap as the head turns: more and more a flat frontal face folded around the "
    "head. Below, the truth, turned as it should be.",
)


# %%
def curves(pictures):
    """PSNR and alpha of one picture for each yaw."""
    both = list(zip(pictures, turning, strict=True))
    near = [quality.psnr(y, c.truth.image, c.truth.mask) for y, c in both]
    gone = [quality.alpha(y, c.target.image, c.truth.image, c.truth.mask) for y, c in both]
    return near, gone


copies = [case.target.image for case in turning]

# %%
show(
    falling(YAWS, {"swap": curves(fakes), "copy of the target": curves(copies)}, "yaw (degrees)"),
    alt="Two panels against yaw. Left: the PSNR of the swap stays within a decibel; that of "
    "the copy rises and is ahead at 60 degrees. Right: alpha of the swap rises.",
)

# %% [markdown]
# At 60 degrees doing nothing is a little nearer in PSNR, while alpha **rises**: a smeared B is
# still on the way to B. You saw at once what neither number says.
#
# A face is not a sheet of paper. Bending cannot show a cheek that B's picture never showed, nor
# hide the one it did. Chapter 8 puts the picture on a 3-D head instead.
#
# **The mask runs into hair.** Why was the jaw drawn in, and the forehead only an arch? Take the
# outline of all points instead, with the brows lifted high, as one would at first. Poisson takes
# its colours from the border. Where that lies in hair or on a wall, their colours flow in.


# %%
def whole(points):
    """All 68 points, and the brows once more, far up the forehead."""
    return np.concatenate([points, points[17:27] + 0.3 * (points[27] - points[8])])


# %%
def faked_whole(case):
    """The swap inside the outline of all points."""
    image, here = case.target.image, whole(case.target.landmarks)
    bent, covered = warp(case.source, whole(case.source.landmarks), here, image.shape)
    mask = eroded(hull_mask(here, image.shape) * covered, 3)
    return poisson(match_colour(bent, image, mask), image, mask)


# %%
hairy = SwapCase(Person.from_seed(38), Person.from_seed(3), room, source_scene=outdoor)
fakes = faked_whole(hairy), faked(hairy)

# %%
show(
    [hairy.target.image, hairy.source.image, *fakes, hairy.truth.image],
    titles=["A", "B", "outline of all points", "the inner face", "the truth"],
    alt="A man with curls on his forehead; a man with short hair. With the wide outline a grey "
    "patch runs into the forehead and the cheeks turn red; with the inner face less runs in.",
)

# %% [markdown]
# **Something in front.** The points never say no (chapter 3): they lie on the hand, or through it.

# %%
veils = [room.with_(occluder=thing, seed=3) for thing in ("glasses", "hand")]
veiled = [SwapCase(a, b, scene, outdoor, size=224) for scene in veils]

# %%
show(
    [p for c in veiled for p in (c.target.image, faked(c), c.truth.image)],
    titles=["A with glasses", "swap", "the truth", "A with a hand", "swap", "the truth"],
    columns=3,
    alt="Sunglasses become shadows around bare eyes in the swap and stay in the truth. A raised "
    "hand loses its fingers to the face, in the truth it covers it.",
)

# %% [markdown]
# **A mouth that was never open.** A laughs, and the only picture of B has closed lips. Stretched
# lips are no teeth.

# %%
laugh = {"jawOpen": 0.6, "mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "eyeSquintLeft": 0.5}
near = room.with_(expression=laugh, camera=Camera(field=220))
case = SwapCase(a, b, near, source_scene=outdoor, size=320)

# %%
show(
    [case.target.image, faked(case), case.truth.image],
    titles=["A laughs", "swap", "the truth"],
    alt="A laughs with open mouth; in the swap B's closed lips are pulled over the opening, the "
    "seam between them is torn into dark blocks; in the truth B's face laughs and shows teeth.",
)

# %% [markdown]
# Four failures, one cause: **what is not in B's picture cannot come from it**. A method has to have
# learned what B looks like otherwise (chapter 5), or what faces look like at all (chapter 11).

# %% [markdown]
# ## Who could be hurt
#
# The one whose face it is, first. Most of those shown in deepfakes are not presidents but women, in
# pictures they never agreed to (96 per cent of the films counted in 2019). That the picture is fake
# helps little: it is shown, searched and believed, and the harm is real.
#
# Before any face goes into a method, in this course or elsewhere, ask five things:
#
# 1. **Who** is shown, and did they agree to *this* use, knowing what it is?
# 2. Could they **take it back**, and what would that undo?
# 3. Does every viewer **learn** that it is made? Also of a copy without the caption?
# 4. Who is hurt if it **leaks** out of its context?
# 5. Would a person who **does not exist** do as well?
#
# Here the answer to 5 is yes, so nobody real is faked in any chapter. Pictures of you, your friends
# or a celebrity are not welcome guests in these notebooks.
#
# **If it happens to you or a friend**: do not pass it on; keep evidence (address, date, picture of
# the page); report it to the platform and to somebody you trust. The law has moved, as of 21
# November 2026: in the United States platforms must take intimate fakes down within 48 hours of a
# notice (in force since 19 May 2026); in England and Wales *making* one without consent is an
# offence (since 6 February 2026); in the European Union those who publish a deepfake must say so
# (since 2 August 2026). Chapter 14 has the details and their limits.
#
# And the swap you wrote? It is old: the blending was published in 2003, the landmarks in 2014.
# Knowing how it is done is what lets you see the mouth that does not move, the glasses that melt,
# the hair that bleeds.

# %% [markdown]
# ## What you have seen
#
# - Source, target, generated; and for a swap: identity from B, everything else from A.
# - Four ways to fake a face: replacement, reenactment, editing, synthesis.
# - The word's origin in abuse, and uses on both sides; consent and honesty divide them.
# - Five ideas behind hundreds of systems, and the chapters where you rebuild them.
# - A swap from landmarks, triangles, colours and Poisson's equation.
# - A true answer for every fake, two baselines, calibration rows; PSNR says how near, alpha which
#   way, and neither is enough.
# - Twelve pairs say little about your eyes; it takes hundreds.
# - Next: chapter 2 opens the studio and builds a person.

# %% [markdown]
# ## Sources
#
# - Y. Mirsky, W. Lee, *The creation and detection of deepfakes: a survey*, ACM Computing Surveys
#   54(1), 2021: the four ways and their names.
# - A. Diel et al., *Human performance in detecting deepfakes: a systematic review and
#   meta-analysis of 56 papers*, Computers in Human Behavior Reports 16, 100538, December 2024:
#   55.54 % [48.87, 62.10] over all media, 53.16 % [42.12, 64.64] on images.
# - S. Cole, Motherboard, 11 December 2017, and *Reddit just shut down the deepfakes subreddit*,
#   7 February 2018; A. Hern, The Guardian, 8 February 2018: where the word comes from.
# - H. Ajder et al., *The state of deepfakes: landscape, threats, and impact*, Deeptrace, September
#   2019.
# - R. Chesney, D. Citron, *Deep fakes: a looming challenge for privacy, democracy, and national
#   security*, California Law Review 107, 2019: the liar's dividend.
# - The Economist, *"Welcome to Chechnya" uses deepfake technology to protect its subjects*, 9 July
#   2020; Associated Press, January 2020: the 22 volunteers.
# - Campaign Asia, *Did you know David Beckham speaks nine languages?*, 9 April 2019.
# - MIT Open Documentary Lab, 8 October 2021: the Emmy for *In Event of Moon Disaster*.
# - TechCrunch, *Meta takes down deepfake of Ukraine's President Zelensky surrendering*, 16 March
#   2022.
# - South China Morning Post, 4 February 2024; Financial Times, 17 May 2024: the video conference in
#   Hong Kong.
# - The law: TAKE IT DOWN Act, Public Law 119-12 (United States, 19 May 2025); Data (Use and Access)
#   Act 2025, section 138, in force by its Commencement No. 5 Regulations 2026 (England and Wales);
#   Regulation (EU) 2024/1689, Article 50 (European Union).
# - E. Reinhard et al., *Color transfer between images*, IEEE Computer Graphics and Applications
#   2001.
# - P. Perez, M. Gangnet, A. Blake, *Poisson image editing*, SIGGRAPH 2003.
# - V. Kazemi, J. Sullivan, *One millisecond face alignment with an ensemble of regression trees*,
#   CVPR 2014: how dlib finds the 68 points.
# - E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, Journal of
#   the American Statistical Association 22, 1927.
# - The 68-point model is dlib's, trained on 300-W: for research and teaching only.
# - Licences: prose and figures CC BY 4.0, code MIT, face model CC0 (`LICENSE` has the details).
