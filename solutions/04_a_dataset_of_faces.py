# %% [markdown]
# # A data set of faces
#
# After this chapter you will be able to
# - find one person's faces in a folder full of other people, broken files and bad pictures,
# - choose the threshold of a recogniser from a curve, and say what it costs,
# - lay faces over one another with a similarity that you have computed yourself,
# - build a data set that survives a kill, clean it with your eyes, and prove how pure it is.
#
# **Time and memory:** {measured}
#
# **Needs:** chapter 03; about two hours of yours; of mathematics means, least squares and one
# division of complex numbers. No download, no account, no GPU.

# %% [markdown]
# **Predict first.** A folder holds pictures of one person among strangers and four people who look
# like them. The recogniser's author says: same person if the distance is at most 0.6. Of the
# faces that this lets in, how many of a hundred are somebody else? And after you have looked the
# rest over with your own eyes, how many are left? Write down two numbers.

# %% [markdown]
# ## What a scraped folder looks like
#
# Whoever wants to fake a person needs some hundred pictures of them, and gets them as a folder
# that a program has filled: whatever a search for the name brought. **We scrape nobody.** The
# studio draws such a folder, of somebody who does not exist, with all its dirt, and writes what is
# true about it into a file beside it. The filter never sees that file; we read it to count.
# (*The book* and *the published code*, here and below, are the chapter on face swaps that this
# part of the course rebuilds, and its notebooks: see *Sources*.)
#
# (`python3 lab.py dataset DIR` writes the full size, 200 files and a clip of each person. Here 60
# files and a clip do. They are drawn at the first run, in some 20 seconds.)

# %% tags=["resume"]
from collections import Counter

from facelab.course import show
from facelab.course.chapters.ch04.figures import thumbnails
from facelab.course.chapters.ch04.material import raw_collection
from facelab.faces import ImageError, read_image

raw = raw_collection()
files = sorted(raw.raw.iterdir())

# %% tags=["nbval-check-output"]
print(dict(Counter(path.suffix for path in files)))
print([path.name for path in files[:4]])

# %% [markdown]
# The names tell nothing. Let us look: read what can be read, and note why the rest cannot.


# %%
def readable(paths):
    """The pictures among some files, and for each other file the reason."""
    pictures, reasons = {}, {}
    for path in paths:
        try:
            pictures[path.name] = read_image(path)
        except ImageError as error:
            reasons[path.name] = str(error)
    return pictures, reasons


# %%
stills = [path for path in files if path.suffix != ".mp4"]
pictures, reasons = readable(stills)
show(
    thumbnails(list(pictures.values())[:28]),
    alt="Some thirty pictures: one person alone, in groups with others, turned away, behind a "
    "hand, blurred, grey; other people; some who look like the one.",
)

# %%
for name, reason in reasons.items():
    content = (raw.raw / name).read_bytes()
    print(f"{reason}; {len(content)} bytes, the first: {content[:12]}")

# %% [markdown]
# Three files are no pictures: one is empty, one is a web page that says *404 Not Found*, one was
# cut off on the way. A fourth lies about itself and is read all the same, for a good reader looks
# at the first bytes and not at the name:

# %% tags=["nbval-check-output"]
liars = [p.name for p in stills if p.suffix == ".jpg" and p.read_bytes()[1:4] == b"PNG"]
print(f"{len(reasons)} of {len(stills)} cannot be read; {len(liars)} PNG is called .jpg")

# %% [markdown]
# <details><summary><strong>Spot the bug: the whole loop in one basket.</strong> How many pictures
# does the next cell look at? (Click when you have a number.)</summary>
#
# The `try` stands around the *loop*: the first broken file ends it, and everything behind is never
# looked at. Put `try` around what can fail, one picture, as `readable` does above. The published
# notebook has it around the loop; what is more, the body is not indented, so that Python does not
# even begin: the last cell shows it.
#
# </details>

# %%
seen = 0
try:
    for path in stills:
        read_image(path)
        seen += 1
except ImageError:
    print(f"looked at {seen} of {len(stills)} files")

# %% tags=["nbval-check-output"]
published = "try:\nfor path in stills:\n    read_image(path)\nexcept OSError:\n    pass\n"
try:
    compile(published, "published", "exec")
except IndentationError as error:
    print(f"IndentationError: {error.msg}")

# %% [markdown]
# ## One face at a time
#
# Pictures are many, and most of what is found in them is thrown away again. So `detect_faces` is a
# **generator**: nothing happens until somebody asks for a face, and the 68 points of the second
# face are not looked for before it is its turn.

# %% tags=["resume"]
from dataclasses import replace

from facelab.course import show
from facelab.course.chapters.ch04.material import raw_collection
from facelab.faces import as_rgb, detect, draw_landmarks, landmarks, read_image
from facelab.studio import read_truth

raw = raw_collection()
groups = [p for p in read_truth(raw) if len(p.faces) == 3 and not p.harm]
image = read_image(raw.raw / groups[0].file)

# %%
# source: facelab.faces.filter.detect_faces

# %%
lazy = detect_faces(image)
first = next(lazy)
print(type(lazy).__name__, "gave", first)

# %% [markdown]
# A `DetectedFace` says where it is, how sure the detector was, and where its landmarks lie. It
# keeps the *whole* picture, shared and not copied: whoever crops too early cannot look again.

# %% tags=["nbval-check-output"]
print(first.landmarks.shape, first.image is image, len(first.landmarksAsXY()))

# %%
drawing = draw_landmarks(image, first.landmarks)
for face in lazy:
    drawing = draw_landmarks(drawing, face.landmarks)
show(drawing, alt="Three people side by side, the lines of 68 points on each face.")

# %% [markdown]
# ## Is it you? A distance and a threshold
#
# Which of the three is the one we look for? A recogniser turns a face into 128 numbers, such that
# pictures of one person lie near each other. One **reference** picture says whom we want, and the
# **distance** to it decides: at most the *threshold*, and the face is in.

# %% tags=["resume"]
from dataclasses import replace

import numpy as np
from skimage import data

from facelab.course import check, show
from facelab.course.chapters.ch04.figures import distances_by_kind, threshold_curves
from facelab.course.chapters.ch04.material import raw_collection
from facelab.faces import (
    FaceFilter,
    ImageError,
    ReferenceFaceError,
    box_around,
    detect,
    detect_faces,
    iou,
    read_image,
)
from facelab.studio import read_truth

raw = raw_collection()
facefilter = FaceFilter(raw.reference)
truth = {picture.file: picture for picture in read_truth(raw) if picture.index is None}

# %%
show(read_image(raw.reference), alt="The reference: somebody with short dark hair, from the front.")

# %% [markdown]
# A reference has to show one face. With none there is nothing to compare, and with two, who is
# meant? The published filter takes the first in the list, or dies of an `IndexError`.

# %%
group = next(name for name, picture in truth.items() if len(picture.faces) == 2)
for unfit in (raw.raw / group, data.brick()):
    try:
        FaceFilter(unfit)
    except ReferenceFaceError as error:
        print(error)

# %% [markdown]
# Now every face in the folder (seconds; we keep all pictures in memory this once):


# %%
def survey(folder, facefilter):
    """Name of the file, face and distance to the reference, of each face in a folder."""
    for path in sorted(folder.iterdir()):
        try:
            image = read_image(path)
        except ImageError:
            continue
        for face in detect_faces(image):
            yield path.name, face, facefilter.distance(face)


# %%
found = list(survey(raw.raw, facefilter))
distances = np.array([distance for *_, distance in found])
print(f"{len(found)} faces, from {distances.min():.2f} to {distances.max():.2f} away")

# %% [markdown]
# And here we look into the truth: who is it, really?


# %%
# source: facelab.course.chapters.ch04.material.name_of

# %%
names = [name_of(face.box, truth[file]) for file, face, _ in found]
wanted = np.array([name == "target" for name in names])
there = sum(face.is_target for picture in truth.values() for face in picture.faces)
print(f"the person is there {there} times and was found {wanted.sum()} times")

# %%
show(
    distances_by_kind(names, distances, {"dlib's .6": 0.6, "the book's .65": 0.65}),
    alt="Three rows of dots over the distance: the person mostly from .2 to .35 with a tail to .5, "
    "look-alikes from .3 to .6, strangers from .5 to .7; left of both thresholds are all three.",
)

# %% [markdown]
# Three clouds that touch. At .6, the threshold of the library's author, nearly all look-alikes are
# in and almost half of the strangers; at .65, which the book takes, most of both. But .6 was
# measured on pairs of celebrities' photographs, half of them of one person, and not on *your*
# folder.
#
# ### Exercise 04.1 (understand): a looser threshold
#
# The threshold is made larger. What does that do to **recall** (of the person's faces that are
# there, how many came in), and what to **precision** (of the faces that came in, how many are the
# person), as a rule? Answer `"up"` or `"down"` for each.

# %% tags=["exercise"]
# answer:
recall, precision = "up", "down"
answer = recall, precision
# end answer
answer = check("04.1", answer)

# %% [markdown]
# ### Exercise 04.2 (apply): precision and recall
#
# `distances` and `wanted` (True where it is the person) have one entry for each face that was
# found; `there` says how many faces of the person there *are*. Where nothing is accepted, let
# precision be 0.

# %% tags=["exercise"]
# source: facelab.course.chapters.ch04.exercises.precision_recall
precision_recall = check("04.2", precision_recall)

# %%
thresholds = np.linspace(0.15, 0.75, 121)
curve = [precision_recall(distances, wanted, t, there) for t in thresholds]
precision, recall = np.transpose(curve)

# %%
show(
    threshold_curves(thresholds, precision, recall, {"dlib's .6": 0.6}, len(found)),
    alt="Over the threshold, precision is 0 where nobody is in, 100 per cent from .19 to .3, and "
    "then falls to a half; recall climbs fast until .35, then slowly, and ends below 90 per cent.",
)

# %% [markdown]
# Recall ends below 100 %: heads in profile and tiny ones were never *found*, and no threshold
# brings them back.
#
# ### Exercise 04.3 (explore): a threshold of your own
#
# After the filter, *you* will look at what came in. Eyes can strike out a stranger, but not bring
# back a picture that they were never shown. So set it loose: the smallest threshold that still
# keeps 95 % of the person's faces **that were found**. Read it from the curve, or compute it from
# `distances` and `wanted`.

# %% tags=["exercise"]
# answer:
ours = np.sort(distances[wanted])
threshold = ours[int(np.ceil(0.95 * len(ours))) - 1]
# end answer
threshold = check("04.3", threshold, distances=distances, wanted=wanted)

# %%
for name, t in (("yours", threshold), ("dlib's", 0.6), ("the book's", 0.65)):
    p, r = precision_recall(distances, wanted, t, there)
    print(f"{name:10} {t:.3f}: precision {p:4.0%}, recall {r:4.0%}  (n = {len(found)} faces)")

# %% [markdown]
# There is your first prediction: 100 % less the precision at .6 is the share of others.
#
# <details><summary><strong>Spot the bug: two colours of one person.</strong> The published filter
# encodes the reference from a picture that `face_recognition` has read, and each candidate from
# one that `cv2.imread` has read, cut out tightly. Name two things that go wrong.</summary>
#
# `cv2.imread` gives BGR: the reference is a person, the candidates are blue. And in the tight box
# the face is *detected a second time*, which may fail: then the distance is set to .8, so that a
# face that was found is thrown out because it was found. (Third: the reference is encoded again
# for every picture.) The next cells do both on purpose.
#
# </details>


# %%
def blue(face):
    """The face in a picture whose red and blue were exchanged."""
    return replace(face, image=np.ascontiguousarray(face.image[..., ::-1]))


ours = [face for (_, face, _), wants in zip(found, wanted, strict=True) if wants]
in_bgr = np.array([facefilter.distance(blue(face)) for face in ours])
boxes = [np.ascontiguousarray(face.crop()) for face in ours]
again = [bool(detect(box)) for box in boxes]

# %%
moved = in_bgr - distances[wanted]
size = np.abs(moved)
print(f"BGR moves the person's own faces by {size.mean():.3f} on average, at most {size.max():.3f}")
changed = (in_bgr > threshold) != (distances[wanted] > threshold)
print(f"{changed.sum()} of {len(ours)} change sides at your threshold")
print(f"found again in their own tight box: {sum(again)} of {len(again)}")

# %% [markdown]
# On this folder the colours cost little: each distance moves by a few hundredths. Look at the tight
# box instead: whoever is not found again gets the distance .8, and is thrown out at any threshold
# below it. Of two bugs in one line, the one that looks worse need not be the worse one: measure.

# %% [markdown]
# <details><summary><strong>Spot the bug: the name in two places.</strong> A notebook says
# <code>filter_image = "anna.jpg"</code> in its first cell, and in its tenth
# <code>FaceFilter("nicolas_ref.png")</code>. What will its user see?</summary>
#
# On the author's machine: nothing, everything works. On any other: no such file; or, worse, there
# *is* one of that name, and the filter silently looks for somebody else. The published notebook
# asks for a file that its own repository holds under another name. A setting has one name, is
# passed on as an argument, and a file that is missing is an error: `FaceFilter("nobody.png")`
# says so at once.
#
# </details>

# %% [markdown]
# ## Laying faces over one another
#
# A network that should learn *who* somebody is must not lose its time with where the head is in
# the picture, how large, and how far it leans. So every face is laid over one **mean face**: 51
# points, brows to lips, of the average of the studio's face model, seen from the front. The jaw
# stays out, for its points are the outline, which is another place of the skin in each pose. (The
# crop has 256 pixels and a margin of 48 on each side; why, says the next section.)

# %% tags=["resume"]
import numpy as np
from skimage.transform import SimilarityTransform

from facelab.course import check, show
from facelab.course.chapters.ch04.figures import curves, laid_over
from facelab.measure.alignment import estimator_errors
from facelab.studio import Person, Scene, render
from facelab.studio.alignment import mean_face

SIZE, PADDING = 256, 48
onto = mean_face() * (SIZE - 2 * PADDING) + PADDING
rng = np.random.default_rng(4)
frames = [render(Person.from_seed(7), Scene.random(rng), size=256) for _ in range(12)]

# %% [markdown]
# Which movement may we use? A **similarity**: shift, turn, scale. It leaves the shape as it is. An
# *affine* map could also squeeze and shear, would fit better, and would make a head that is turned
# look straight: then pose is gone from the picture, and the network never learns it.
#
# ### Exercise 04.4 (apply): Umeyama's similarity
#
# Four numbers that bring `points` nearest to `onto`, in the sense of least squares. In the plane
# there is a lovely short cut. Write each point as a complex number $z = x + iy$; turning and
# scaling is *one* factor $c$, and the best is $c = \sum \bar z_k w_k / \sum |z_k|^2$, once the
# means are subtracted. (`np.vdot` conjugates its first argument; $a + ib$ as a matrix is
# $\begin{pmatrix}a & -b\\ b & a\end{pmatrix}$.)

# %% tags=["exercise"]
# source: facelab.course.chapters.ch04.exercises.similarity
similarity = check("04.4", similarity)


# %%
def moved(points, matrix):
    """Points (n, 2) after a matrix (2, 3)."""
    return points @ matrix[:, :2].T + matrix[:, 2]


before = [frame.landmarks for frame in frames]
after = [moved(points, similarity(points[17:], onto)) for points in before]

# %%
show(
    laid_over(before, after, SIZE),
    alt="Left: brows, eyes, noses and lips of twelve pictures as a cloud of dots. Right, after the "
    "similarity: the dots of each feature lie close together.",
)

# %% [markdown]
# Never trust your own formula: hold it against somebody else's, written in another way (theirs
# takes a singular value decomposition, and works in any dimension).

# %% tags=["nbval-check-output"]
estimate = getattr(SimilarityTransform, "from_estimate", None)  # scikit-image 0.26 and later
for points in (before[0][17:], before[5][17:]):
    theirs = estimate(points, onto) if estimate else SimilarityTransform()
    if not estimate:
        theirs.estimate(points, onto)
    print(f"as scikit-image: {np.allclose(similarity(points, onto), theirs.params[:2])}")

# %% [markdown]
# <details><summary><strong>Spot the bug: it worked in 2020.</strong> Two lines of the published
# code are <code>np.float(x)</code> and <code>mat.estimate(points, onto)</code>. What has happened
# to them since?</summary>
#
# NumPy took `np.float` away in 1.24 (it was only Python's `float`), so that line ends in an
# AttributeError. scikit-image deprecated the method `estimate` in 0.26 in favour of
# `SimilarityTransform.from_estimate`, and announces its removal. Code that nobody runs rots: the
# tests of this course run every cell.
#
# </details>

# %% [markdown]
# ### Robust is not always better
#
# OpenCV offers the same thing "robustly": RANSAC draws *two* points at random, asks how many
# others agree within 3 pixels, and throws the rest away. Against wild outliers that is right. But
# landmarks are no outliers: every one is a little wrong. Which is nearer to the truth? The mean
# face is turned and moved, each point gets some noise, and both must find the way back.

# %%
NOISE = (0.5, 1, 2, 3, 4, 6)
rows = estimator_errors(NOISE, n=100)
names = ("least squares", "RANSAC")
errors = {name: [row.pixels for row in rows if row.estimator == name] for name in names}

# %%
show(
    curves(NOISE, errors, "noise of each point (pixels)", "error (pixels)", "100 draws a mark"),
    alt="Error against noise: least squares rises slowly and evenly, "
    "RANSAC about three times as fast.",
)

# %%
print("noise         least squares     RANSAC")
for noise, plain, robust in zip(NOISE, *errors.values(), strict=True):
    print(f"{noise:3.1f} px       {plain:5.2f} px          {robust:5.2f} px")
plain, robust, _ = estimator_errors([1], wild=8, n=100)
print(f"8 of 51 wild  {plain.pixels:5.2f} px          {robust.pixels:5.2f} px")

# %% [markdown]
# Over 51 points the noise averages out. Who throws some of them away, the more the larger the
# noise, averages over fewer, and who starts from two points may keep the wrong ones. Only where
# some points are *wild* (last line: eight of them thrown 40 pixels off) does it pay. Robust
# methods are for outliers, not for noise. (Which of the two are a detector's real points? We shall
# measure it.)

# %% [markdown]
# ## Cut out, with a margin
#
# `Extract` puts both together: the matrix onto the mean face, grown to the size of the crop, and a
# warp. The book's numbers are 256 pixels and a padding of 48 on each side.

# %% tags=["resume"]
import cv2
import numpy as np

from facelab.course import check, show
from facelab.course.chapters.ch04.figures import framed
from facelab.faces import Extract, detect_faces, get_align_mat
from facelab.studio import Person, Scene, render

extractor = Extract()
frame = render(Person.from_seed(7), Scene(yaw=15, roll=12, pitch=-5), size=384)
face = next(detect_faces(frame))

# %%
# source: facelab.faces.extract.padded

# %%
unit = get_align_mat(face)
wide, tight = padded(unit, 256, 48), padded(unit, 256, 0)
print(f"one pixel of the crop is {1 / np.hypot(*wide[:, 0]):.2f} pixels of the picture")

# %%
crop = extractor.extract(frame.image, face, 256)
show(
    framed(crop, {"the face: 160 pixels": (48, 48, 208, 208), "the crop: 256": (1, 1, 255, 255)}),
    alt="A face turned upright in a square crop; a box of 160 pixels from brow to brow inside it.",
)

# %% [markdown]
# Why a margin at all? First, the face of the mean ends at brows and lips: forehead, chin and cheeks
# are outside. Second, in chapter 05 each crop is turned, zoomed and shifted at random while the
# network trains, by up to 10 degrees and 5 %. Without a margin, the corners come from nowhere:


# %%
def turned(picture, degrees):
    """The picture turned about its middle; what lies outside is magenta."""
    matrix = cv2.getRotationMatrix2D((127.5, 127.5), degrees, 1.05)
    return cv2.warpAffine(picture, matrix, (256, 256), borderValue=(255, 0, 255))


without = extractor.transform(frame.image, unit, 256, 0)
shrunk = cv2.resize(turned(crop, 10)[48:208, 48:208], (256, 256))

# %%
show(
    [turned(without, 10), shrunk],
    titles=["turned without a margin", "turned with one, then cut"],
    alt="Left: a tight face, turned, its corners missing. Right: the same turn, nothing missing.",
)

# %% [markdown]
# ### Exercise 04.5 (understand): a margin that grows with the crop
#
# A crop of 256 pixels has a padding of 48. Somebody trains at **64** pixels and wants to see
# exactly the same. How many pixels of padding is that, and what share of the width does the face
# take from brow to brow? (Two numbers; chapter 05 calls the second one *coverage*.)

# %% tags=["exercise"]
# answer:
padding, share = 12, 0.625
answer = padding, share
# end answer
answer = check("04.5", answer)

# %% [markdown]
# ## A data set that survives
#
# Now everything in one loop over the folder, as `create_face_dataset` does it: one picture in
# memory at a time, the frames of the clip too; find, filter, align, cut, write. What can go wrong
# in an hour of such work? A file that is none; a name that is taken; a power cut. So
# - a file that cannot be read is noted and skipped;
# - every face gets a file of its own, and nothing is ever overwritten;
# - a **manifest** gets one line for each picture, *after* its crops are there (and a first line
#   for the settings).

# %% tags=["resume"]
import json
import os
import subprocess
import sys
import time
from collections import Counter

from facelab.course import show
from facelab.course.chapters.ch04.material import raw_collection, workshop
from facelab.faces import Extract, create_face_dataset, dataset_faces, read_image

THRESHOLD = 0.51  # what the curve said; from here on everybody works with the same
raw = raw_collection()
folder = workshop() / f"faces_{THRESHOLD}"

# %% [markdown]
# We let another process do it, and **kill** it in the middle: no goodbye, no cleaning up.


# %%
def looked_at():
    """How many lines the manifest has."""
    manifest = folder / "manifest.jsonl"
    return len(manifest.read_text().splitlines()) if manifest.exists() else 0


work = f"""
from facelab.faces import Extract, create_face_dataset
create_face_dataset({str(raw.reference)!r}, {str(raw.raw)!r}, {str(folder)!r}, Extract(),
                    threshold={THRESHOLD}, every=10)
"""

# %%
path = os.pathsep.join(sys.path)
child = subprocess.Popen([sys.executable, "-c", work], env=os.environ | {"PYTHONPATH": path})
while child.poll() is None and looked_at() < 20:
    time.sleep(0.02)
child.kill()
print(f"ended with {child.wait()}: {looked_at()} lines, {len(list(folder.glob('*.png')))} crops")

# %% [markdown]
# And now the same call again, here. It reads the manifest and goes on behind its last whole line.

# %%
report = create_face_dataset(
    raw.reference, raw.raw, folder, Extract(), threshold=THRESHOLD, every=10
)
print(report)

# %%
for reason in report.broken.values():
    print(reason)

# %% [markdown]
# That the folder is now the same *to the byte* as one that was never killed is proved by a test of
# this course, which kills it again and again. (Ask for another threshold in the same folder, and it
# refuses: half of one set and half of another is neither.) One line of the manifest, landmarks
# left out:

# %%
lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
line = next(line for line in lines if len(line.get("faces", ())) > 1)
for face in line["faces"]:
    print({key: face[key] for key in ("index", "box", "distance", "accepted", "file")})

# %% [markdown]
# <details><summary><strong>Spot the bug: the last one wins.</strong>
# <code>out = f"{folder}/{picture.name}"; cv2.imwrite(out, crop)</code>. Think of a group.
# </summary>
#
# The name has no number of the face. Two accepted faces of one picture (the person and a
# look-alike, a mirror, a poster on the wall) are written to the same file, and the last one stays.
# Nothing complains. The cell below counts what that would have cost here; and the published
# converter does the same to the *frame*: with two faces, only the last one is swapped.
#
# </details>

# %%
accepted = [face for face in dataset_faces(folder) if face.accepted]
pictures = Counter((face.source, face.frame) for face in accepted)
print(f"{len(accepted)} faces of {len(pictures)} pictures: {len(accepted) - len(pictures)} lost")

# %%
several = next(source for (source, frame), n in pictures.items() if n > 1)
crops = [face.path for face in accepted if face.source == several]
show(
    [read_image(path) for path in crops],
    titles=[path.stem[-10:] for path in crops],
    alt="Two aligned faces from one picture, in two files whose names end in different numbers.",
)

# %% [markdown]
# ## Clean it with your eyes
#
# The set is loose on purpose: look-alikes are in it. What practitioners do now is old-fashioned and
# works: all faces on a **contact sheet**, *sorted by distance*, so that most of the wrong ones
# gather at the end, and somebody who looks.

# %% tags=["resume"]
from facelab.course import check, show
from facelab.course.chapters.ch04.material import name_of, raw_collection, workshop
from facelab.faces import (
    Extract,
    contact_sheet,
    create_face_dataset,
    dataset_faces,
    read_image,
    restore,
    strike,
)
from facelab.studio import read_truth

THRESHOLD, raw = 0.51, raw_collection()
folder = workshop() / f"faces_{THRESHOLD}"
made = create_face_dataset(raw.reference, raw.raw, folder, Extract(), threshold=THRESHOLD, every=10)
back = restore(folder, [face.number for face in dataset_faces(folder) if face.struck])

# %%
sheet = contact_sheet(made.folder, columns=9, tile=112)
show(
    sheet.image,
    alt="Rows of aligned faces, each with its number and its distance below. The first rows show "
    "one person; towards the end some blurred pictures of them stand among other people.",
)

# %% [markdown]
# The number below each face is its own and stays, whatever the sheet is sorted by. Nothing that you
# strike out is deleted: it moves into a folder beside, and `restore` brings it back.
#
# ### Exercise 04.6 (explore): strike out
#
# Which numbers show somebody else? Compare chin, nose, lips and the distance of the eyes, not the
# hair, and mind that a blurred or covered picture of the right person is still right. Two numbers
# missing or too many are let pass: nobody's eyes are perfect, and those of the solution missed two.
# (It takes eyes. If yours cannot see the sheet, take the six with the largest
# distances, and measure below what a distance alone can do.)

# %%
by_number = {face.number: face for face in dataset_faces(made.folder) if face.accepted}
faces = {number: by_number[number] for number in sheet.numbers}


def true_names():
    """Who stands at which number, by the truth: for `check`, and for afterwards."""
    truth = {(picture.file, picture.index): picture for picture in read_truth(raw)}
    return {n: name_of(f.box, truth[f.source, f.frame]) for n, f in faces.items()}


# %% tags=["exercise"]
# answer:
struck = [1, 32, 0, 28, 17, 40]
# end answer
struck = check("04.6", struck, names=true_names())


# %%
names = true_names()


def wrong_ones(struck=()):
    """How many faces show somebody else, and how many there are, without those struck."""
    rest = [name for number, name in names.items() if number not in set(struck)]
    return sum(name != "target" for name in rest), len(rest)


for what, numbers in (("as it came", ()), ("struck out", struck)):
    wrong, left = wrong_ones(numbers)
    print(
        f"{what}: {wrong} of {left} faces are somebody else: {100 * wrong / left:.0f} of a hundred"
    )

# %%
back = restore(folder, [face.number for face in dataset_faces(folder) if face.struck])
moved = strike(made.folder, struck)
print(f"{len(moved)} crops moved aside, out of the data set")

# %%
wrong = [(n, name) for n, name in names.items() if name != "target"]
told = [f"{name} ({faces[n].distance:.2f})" for n, name in wrong]
print("the wrong ones by distance:", ", ".join(told))

# %% [markdown]
# There is your second prediction. And look at the list: who stands far up, among the good pictures?
# The look-alike who is nearest (`alike 0.30`: 30 % of the way to somebody else). Distance does not
# find such a one, and few eyes do.

# %% [markdown]
# ## Measured against the truth
#
# How good is the set, in four numbers: **recall** (of all faces of the person in the folder, also
# those never detected), **purity** (of the set, how much is the person), the **error of the
# alignment**, and speed. Each with its n; an interval draws *files*, since the faces of one
# picture, or the frames of one clip, are not independent.

# %% tags=["resume"]
from collections import Counter

import numpy as np

from facelab.course.chapters.ch04.material import (
    best_threshold,
    candidates,
    raw_collection,
    score_rule,
    true_faces,
    workshop,
)
from facelab.faces import Extract, create_face_dataset, dataset_faces
from facelab.measure.alignment import ESTIMATORS, on_crop
from facelab.measure.dataset import alignment_errors, dataset_scores, matched
from facelab.studio import read_truth

raw = raw_collection()
folder = workshop() / "faces_0.51"
made = create_face_dataset(raw.reference, raw.raw, folder, Extract(), threshold=0.51, every=10)
truth = true_faces(read_truth(raw), every=10)

# %% [markdown]
# The manifest also knows the faces that were *not* accepted, with their distances: so one run is
# enough for every threshold.


# %%
def row(what, kept):
    """A line: purity and recall of a set, with 95 % intervals over files."""
    pairs = zip(faces, kept, strict=True)
    chosen = [face._replace(accepted=bool(keep), struck=False) for face, keep in pairs]
    s = dataset_scores(chosen, truth, "target")
    (a, b), (c, d) = s.purity_interval, s.recall_interval
    print(f"{what:21} {s.kept:3} faces  purity {s.purity:4.0%} ({a:.0%} to {b:.0%})  ", end="")
    print(f"recall {s.recall:4.0%} ({c:.0%} to {d:.0%})")


# %%
faces = dataset_faces(made.folder)
distances = np.array([face.distance for face in faces])
places = matched(faces, truth)
person = np.array([n is not None and truth[n].person == "target" for n in places])

# %%
row("all that is found", distances < 9)
row("the book's .65", distances <= 0.65)
row("dlib's .6", distances <= 0.6)
row(".51, from the curve", distances <= 0.51)
row(".51, perfect eyes", (distances <= 0.51) & person)
row(".51, what you struck", [face.accepted and not face.struck for face in faces])
row(".35: strict, no eyes", distances <= 0.35)
there = sum(true.person == "target" for true in truth)
print(f"n = {len(faces)} faces found; the person is there {there} times")

# %% [markdown]
# (*Perfect eyes* make no mistake: they are the truth's. *What you struck* is what you struck out
# in this kernel, nothing if you have just restarted it.) A strict threshold alone gets almost as
# pure a set, and pays with pictures of the person. With which?

# %%
harms = {picture.file: picture.harm or "nothing" for picture in read_truth(raw)}
lost = [f for f, d, p in zip(faces, distances, person, strict=True) if p and 0.35 < d <= 0.51]
print("between .35 and .51:", dict(Counter(harms[face.source] for face in lost)))

# %% [markdown]
# (*Nothing* means that nothing was done to the picture; such a one is far from the reference
# because of its light or its expression. Whether a network would miss them is another question:
# the blurred ones hardly, the others perhaps.)
#
# ### How exact is the alignment?
#
# The truth knows each face's matrix, from its true points. The error: how far the mean face lands
# from where it belongs, in pixels of the crop, and by how many degrees it is turned.

# %%
ours = [face for face, is_person in zip(faces, person, strict=True) if is_person]
for harm in sorted(set(harms[face.source] for face in ours)):
    some = [face for face in ours if harms[face.source] == harm]
    pixels, degrees = alignment_errors(some, truth)
    print(f"{harm:8} {np.median(pixels):4.1f} pixels, {np.median(degrees):3.1f} degrees", end="")
    print(f"  (medians, n = {len(some)})")

# %%
pixels, degrees = alignment_errors(ours, truth)
print(f"all: {np.median(pixels):.1f} of 256 pixels, {np.median(degrees):.1f} degrees; ", end="")
print(f"the worst tenth: over {np.quantile(pixels, 0.9):.1f} pixels  (n = {len(pixels)})")

# %% [markdown]
# And would RANSAC have been better on the detector's own points?

# %%
for name, estimate in ESTIMATORS.items():
    again = [face._replace(matrix=estimate(face.landmarks[17:], on_crop(256))) for face in ours]
    off, _ = alignment_errors(again, truth)
    print(f"{name:14} {np.median(off):4.1f} pixels, the worst {off.max():4.1f}  (n = {len(off)})")

# %% [markdown]
# It would not: a detector's points are all a little wrong, and none is wild.

# %%
import time

from facelab.faces import FaceFilter, detect_faces, read_image

facefilter = FaceFilter(raw.reference)

# %%
start, some = time.perf_counter(), sorted(raw.raw.glob("*.png"))
found = [(facefilter.distance(f), f) for path in some for f in detect_faces(read_image(path))]
speed = len(some) / (time.perf_counter() - start)
print(f"{speed:.1f} pictures a second, {len(found) * speed / len(some):.1f} faces", end="")
print(f"  (n = {len(some)} pictures)")

# %% [markdown]
# ### Open challenge: a harder folder
#
# A second collection: other pictures, and six look-alikes who are only 20 to 40 % of the way to
# somebody else. Write **any rule** that says for each face whether it is the person: it sees the
# file's name (`.file`), the face with its picture and landmarks (`.face`), the 128 numbers
# (`.code`), and the `.distance`. (The folder is drawn at the first run, in seconds.) Is one
# reference enough, or would the middle of the nearest few do better? Is a blurred face to be
# trusted? Can somebody be in one picture twice? The score is F1, the harmonic mean of precision and
# recall; undetected faces count against everybody.


# %%
def my_rule(faces):
    """True for each face that is the person. This one: the threshold of the other folder."""
    return [face.distance <= 0.51 for face in faces]


# %%
rules = {"dlib's .6": lambda faces: [face.distance <= 0.6 for face in faces], "my_rule": my_rule}
for name, rule in rules.items():
    precision, recall, f1 = score_rule(rule)
    print(f"{name:10} precision {precision:4.0%}  recall {recall:4.0%}  F1 {f1:.3f}")
print(f"the best single threshold, chosen by the truth: F1 {best_threshold():.3f}", end="")
print(f"  (n = {len(candidates())} faces)")

# %% [markdown]
# Can you beat the last line without looking into the truth?
#
# And try your threshold of 04.3 here, `lambda faces: [f.distance <= 0.51 for f in faces]`: a
# threshold does not travel. Ours was chosen on the folder on which it was scored, with labels that
# nobody has in practice. Who builds a set for real labels fifty faces by hand, chooses on these,
# and scores on others.

# %% [markdown]
# ## What goes wrong
#
# Here we make it happen, on purpose.

# %% tags=["resume"]
import cv2
import numpy as np

from facelab.course import show
from facelab.course.chapters.ch04.figures import likeness
from facelab.course.chapters.ch04.material import raw_collection
from facelab.faces import DetectedFace, FaceFilter, detect_faces, landmarks
from facelab.faces.extract import warped
from facelab.faces.face import hog_box
from facelab.measure.alignment import alignment_error
from facelab.studio import Person, Scene, render
from facelab.studio.alignment import crop_matrix

raw = raw_collection()
facefilter = FaceFilter(raw.reference, threshold=0.51)
person, other = Person.from_seed(7), Person.from_seed(31)
scenes = [Scene.random(np.random.default_rng(n), yaw=15) for n in range(3)]


# %%
def far(picture):
    """Distance of the first face in a picture to the reference; nan where none is found."""
    face = next(detect_faces(picture), None)
    return np.nan if face is None else facefilter.distance(face)


# %% [markdown]
# **A look-alike enters.** In the studio likeness is a number: somebody 25, 50, ... per cent of
# the way from the person to somebody else. From where on does the filter notice?

# %%
SHARES = [0, 0.25, 0.5, 0.75, 1]
between = [Person.between(person, other, share) for share in SHARES]
rows = [[far(render(one, scene, size=256)) for scene in scenes] for one in between]

# %%
show(
    likeness(SHARES, rows, facefilter.threshold),
    alt="Distance against the share of somebody else: about .35 for the first quarter, then it "
    "rises evenly to .6; the mean crosses the dotted threshold at about 75 per cent.",
)

# %%
show(
    [render(one, Scene(), size=192).image for one in between],
    titles=[f"{share:.0%} somebody else" for share in SHARES],
    columns=5,
    alt="Five faces from the person to somebody else; the first two are hard to tell apart.",
)

# %%
inside = [np.mean(np.array(row) <= facefilter.threshold) for row in rows]
for share, part in zip(SHARES, inside, strict=True):
    print(f"{share:4.0%} somebody else: {part:4.0%} of {len(scenes)} pictures come in")

# %% [markdown]
# A brother, a cousin, a double would be in the set, and the network would learn a mixture of two
# people. No threshold helps where likeness has no gap; a second reference, other pictures, other
# evidence may.
#
# **Grey, blurred, dark.** Nothing but the picture changes. Which of them moves the person away from
# themselves?

# %%
frames = [render(person, scene, size=256).image for scene in scenes]
harmed = {
    "as it is": lambda image: image,
    "grey": lambda image: np.repeat(image.mean(2, keepdims=True), 3, 2).astype(np.uint8),
    "dark": lambda image: (image * 0.25).astype(np.uint8),
    "blur of 3": lambda image: cv2.GaussianBlur(image, (0, 0), 3),
}
for name, harm in harmed.items():
    row = np.array([far(harm(image)) for image in frames])
    seen = np.isfinite(row)
    print(f"{name:9} found {seen.sum()} of {len(row)}, distance {row[seen].mean():.2f}")

# %% [markdown]
# Blur takes the person out of the set; the others hardly move them. (In 2020 many a guide said to
# throw grey pictures away. This recogniser does not mind them; a network that learns colours does.)
#
# **Profile.** The points never refuse (chapter 03), so an alignment is always computed. But how
# wrong? Here the true box is given, so that the detector does not decide.


# %%
def aligned(yaw):
    """Crop of a head that is turned, by found points, and how far off it is (pixels)."""
    frame = render(person, Scene(yaw=float(yaw)), size=256)
    face = DetectedFace(hog_box(frame.landmarks), image=frame.image)
    found = crop_matrix(landmarks(frame.image, face), 256)
    off = alignment_error(found, crop_matrix(frame.landmarks, 256)).pixels
    return warped(frame.image, found, 256), off, len(list(detect_faces(frame)))


# %%
YAWS = [0, 30, 45, 60, 75, 90]
crops, errors, counts = zip(*map(aligned, YAWS), strict=True)
show(
    crops,
    titles=[f"{yaw} degrees: {off:.0f} px off" for yaw, off in zip(YAWS, errors, strict=True)],
    columns=3,
    alt="Crops of one head from the front to full profile: the further it is turned, the further "
    "the face slips to one side of its crop.",
)
print("found by the detector:", dict(zip(YAWS, counts, strict=True)))

# %% [markdown]
# The detector lost the profile before the points could spoil the set: a blind spot that protects.
# Whoever takes a detector that sees profiles needs another alignment as well.

# %% [markdown]
# ## Who could be hurt
#
# You have just built the machine that turns strangers' holiday pictures into training data. Nobody
# in such a folder was asked. In 2016 Microsoft published *MS-Celeb-1M*, ten million pictures of
# 100,000 people collected from the web, journalists and activists among them; it was taken down in
# 2019, and its copies went on being used. Clearview AI scraped billions of faces for a search
# engine; the Dutch data protection authority fined it 30.5 million euros in September 2024, under
# the GDPR: numbers that identify a face are biometric data. In the EU, the AI Act forbids since
# February 2025 to build face recognition data bases by *untargeted scraping* of pictures from the
# internet or of CCTV footage. Collecting pictures of *one* person, as here, is not what that ban
# is about; it still needs a legal ground, and consent is the one that you can defend.
#
# So this course scrapes nobody, and it puts a **door** between measuring and training. Any picture
# may be *measured*: detected, aligned, compared. What **trains or converts**, from chapter 05 on,
# takes pictures that the studio drew, with our mark and a seal over their pixels, and refuses
# everything else.

# %% tags=["resume"]
import shutil

from PIL import Image, PngImagePlugin
from skimage import data

from facelab.course.chapters.ch04.material import raw_collection, workshop
from facelab.faces import Extract, FaceFilter, create_face_dataset, dataset_faces, read_image
from facelab.studio import NotOursError, admit, admit_folder, save_image

raw = raw_collection()
mixed, found = workshop() / "mixed", workshop() / "mixed_faces"
mixed.mkdir(exist_ok=True)

# %% [markdown]
# A folder of ours, and in it **one** picture that is not: the astronaut of chapter 03, a real
# person, whose photograph is in the public domain. It is measured like the others ...

# %%
shutil.copy(raw.reference, mixed / "ours.jpg")
Image.fromarray(data.astronaut()).save(mixed / "portrait.png")
report = create_face_dataset(FaceFilter(raw.reference, threshold=2), mixed, found, Extract())
for face in dataset_faces(found):
    print(f"{face.source:13} distance {face.distance:.2f}, carries our mark: {face.marked}")

# %% [markdown]
# ... and goes no further. The crop of an unmarked picture is unmarked, and a folder is let in as a
# whole or not at all:

# %%
asked = [(admit, mixed / "ours.jpg"), (admit, mixed / "portrait.png"), (admit_folder, found)]
for ask, what in asked:
    try:
        ask(what)
        print(f"{what.name}: let in")
    except NotOursError as error:
        print(error)

# %% [markdown]
# A mark can be copied onto another picture; the seal is a hash of the pixels, and then it does not
# fit. Here one of our files is saved twice with all that it says of itself: as it is, and with
# **one** pixel painted.

# %%
ours = save_image(workshop() / "ours.png", read_image(raw.reference))
with Image.open(ours) as picture:
    told, pixels = PngImagePlugin.PngInfo(), picture.copy()
    for key, text in picture.text.items():
        told.add_itxt(key, text)

# %%
for name in ("copied.png", "painted.png"):
    pixels.save(workshop() / name, pnginfo=told)
    try:
        print(f"{admit(workshop() / name).name}: let in")
    except NotOursError as error:
        print(error)
    pixels.putpixel((3, 3), (255, 0, 0))

# %% [markdown]
# This is a door and not a safe. Who can program can take it out; that then is a decision, and not
# an accident. Would you know what to say to somebody who asks you to take it out?

# %% [markdown]
# ## What you have seen
#
# - A scraped folder: broken files, other people, look-alikes, and names that tell nothing.
# - A generator that finds faces one at a time, and a filter that turns a distance into yes or no.
# - A threshold is a choice between two errors, made on a curve of *this* folder and not in a
#   manual.
# - A similarity from one complex division, which leaves pose alone; least squares beats RANSAC
#   where all points are a little wrong.
# - A data set that notes what it did: nothing lost, nothing overwritten, killed and gone on with.
# - Sorted by distance, most wrong ones gather at the end; only eyes get them out, and not all.
# - Next: chapter 05 trains one encoder and two decoders on two such sets.

# %% [markdown]
# ## Sources
#
# - J. Babcock, R. Bali, *Generative AI with Python and TensorFlow 2*, Packt 2021, chapter 8: the
#   steps and their names. The bugs in the boxes are those of its published code, told in ours.
# - D. King, *High quality face recognition with deep metric learning*, dlib.net 2017: the 128
#   numbers, the threshold of .6 and its 99.38 % on Labeled Faces in the Wild.
# - G. B. Huang et al., *Labeled faces in the wild*, University of Massachusetts, 2007.
# - S. Umeyama, *Least-squares estimation of transformation parameters between two point patterns*,
#   IEEE Transactions on Pattern Analysis and Machine Intelligence 13, 1991.
# - M. Fischler, R. Bolles, *Random sample consensus*, Communications of the ACM 24, 1981.
# - Y. Guo et al., *MS-Celeb-1M*, ECCV 2016; A. Harvey, J. LaPlace, *Exposing.ai*, on where it went
#   after it was taken down.
# - Autoriteit Persoonsgegevens, decision on Clearview AI, published 3 September 2024.
# - Regulation (EU) 2024/1689 (AI Act), article 5 (1) (e), applied since 2 February 2025.
# - The photographs: NASA, portrait of Eileen Collins, public domain, and a brick wall, CC0, both as
#   shipped with scikit-image.
# - Licences: prose and figures CC BY 4.0, code MIT, face model CC0 (`LICENSE` has the details).
