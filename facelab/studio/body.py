"""What a person looks like before any scene: neutral shape, textures, strands and baked shading.
Cached per person."""

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from . import hair
from .draft import Draft
from .geometry import carried_by
from .growth import tree_over
from .lids import fitted_blink, lash_swings
from .model import load_model, smoothstep
from .openness import openness_of
from .person import WIDE_BAND, bare, face_weight, face_weight_at
from .raster import triangles_around, vertex_normals
from .shelf import Shelf
from .skin import Textures, atlas, bake, blend, retoned
from .strands import Strands, evenly_strewn
from .teeth import seated


@dataclass(frozen=True, eq=False)
class Body:
    """A person, built. V vertices as in the face model.

    Attributes
    ----------
    neutral : (V,3) float32 mm
    normals : (V,3) float32 of the neutral shape
    openness : (V,) float32, share of the sky that each vertex sees (baked ambient occlusion)
    textures : Textures
    strands : Strands
    own_strands : int, how many of the strands (the first ones) grow on the person's own head
    outside : Body or None, the person whose head this is when the face is another's
    """

    neutral: np.ndarray
    normals: np.ndarray
    openness: np.ndarray
    textures: Textures
    strands: Strands
    own_strands: int
    outside: "Body | None" = None

    @cached_property
    def triangles(self):
        """Triangles of the mesh, then of the strands' ribbons (whose vertices follow the mesh's),
        (T,3) int32."""
        model = load_model()
        return np.concatenate(
            [model.triangles, self.strands.triangles + len(model.template)]
        ).astype(np.int32)

    @cached_property
    def kinds(self):
        """Part number of each of ``triangles``."""
        return np.concatenate([load_model().triangle_parts, self.strands.triangle_parts])

    def from_afar(self, pixel):
        """The body for pictures whose pixels cover ``pixel`` mm, with the strands that they show;
        see ``Strands.from_afar``. The body itself for 0."""
        if pixel == 0:
            return self
        if pixel not in self._from_afar:
            strands, stay = self.strands.from_afar(pixel)
            own = int(np.count_nonzero(stay[: self.own_strands]))
            outside = self.outside and self.outside.from_afar(pixel)
            far = replace(self, strands=strands, own_strands=own, outside=outside)
            vars(far).update(units=self.units)
            self._from_afar[pixel] = far
        return self._from_afar[pixel]

    @cached_property
    def _from_afar(self):
        return {}

    @cached_property
    def units(self):
        """Expression units as ``FaceModel.units``, with blinks that fit this person's lids."""
        model = load_model()
        return model.units | {
            f"eyeBlink{side}": self._blink(model, side) for side in ("Left", "Right")
        }

    def _blink(self, model, side):
        index, delta = fitted_blink(model, self.neutral, side)
        if self.outside is not None:  # outside the worn face the skin moves as the head's own
            own = self.outside.units[f"eyeBlink{side}"][1]
            delta = own + face_weight(model)[index, None] * (delta - own)
        return index, delta

    @cached_property
    def lash_swings(self):
        """How the upper lashes turn with the lids; see ``lids.lash_swings``."""
        return lash_swings(self.strands)

    @cached_property
    def strand_inner(self):
        """Share of the inner face of each strand point (P,): hair is the head's, brows, lashes and
        beard are the face's."""
        is_hair = np.repeat(
            self.strands.part == load_model().part["hair"], np.diff(self.strands.starts)
        )
        return np.where(is_hair, 0, face_weight_wide()[self.strands.root_of_point]).astype(
            np.float32
        )


@cache
def face_weight_wide():
    """The face mask (V,): a little wider than the band in which shape and skin are blended, so
    that it holds every change."""
    return face_weight(load_model(), WIDE_BAND)


@cache
def topology():
    """Triangles around each vertex of the face model, for normals."""
    model = load_model()
    return triangles_around(model.triangles, len(model.template))


def normals_of(vertices):
    """Unit vertex normals (V,3) float32 of a shape of the face model."""
    normals = np.empty_like(vertices)
    vertex_normals(vertices, load_model().triangles, *topology(), normals)
    return normals


@cache
def seam_shade():
    """Factor (V,) on the openness: lips shade each other where they meet, closer than
    ``openness_of`` can see."""
    model = load_model()
    lips, mouth = model.vertices_of("lips"), model.vertices_of("mouth")
    away, _ = tree_over(model.mean[np.intersect1d(lips, mouth)]).query(model.mean[lips])
    factor = np.ones(len(model.mean), np.float32)
    factor[lips] = 0.6 + 0.4 * smoothstep(0.5, 4, away)
    return factor


_shelf = Shelf(6)


def body_of(person):
    """Build a person, or take the one built before."""
    return _shelf.get(person, _built)


def room_for(count):
    """Keep the last ``count`` people, not the usual few: ``with room_for(24): ...``."""
    return _shelf.room_for(count)


def _built(person):
    if isinstance(person, Draft):
        return _drafted(person)
    return _whole(person) if person.face is None else _with_face(person)


def _whole(person):
    neutral = seated(load_model().shape(person.weights))
    normals = normals_of(neutral)
    strands = hair.grow(person.looks, person.traits, neutral)
    return Body(
        neutral,
        normals,
        openness_of(neutral, normals) * seam_shade(),
        bake(person.looks, person.traits),
        strands,
        len(strands.root),
    )


def _drafted(draft):
    """The body that was built for another person, moved into this one's shape."""
    body, neutral = body_of(draft.like), seated(load_model().shape(draft.weights))
    strands = replace(body.strands, points=carried_by(neutral - body.neutral, body.strands))
    drafted = replace(body, neutral=neutral, normals=normals_of(neutral), strands=strands)
    vars(drafted).update(triangles=body.triangles, kinds=body.kinds)  # the same, and slow to make
    return drafted


def _with_face(person):
    """The head of one person with the inner face of another, blended across the band of
    ``face_weight``."""
    own, other = body_of(bare(person)), body_of(person.face)
    model = load_model()
    w = face_weight(model)
    placed, scale, shift = fitted(other.neutral, own.neutral, (w > 0.02) & (w < 0.6))
    neutral = own.neutral + w[:, None] * (placed - own.neutral)
    openness = own.openness + w * (other.openness - own.openness)
    worn = (
        other.textures
        if person.tone == "b"
        else retoned(other.textures, person.face.looks, person.looks)
    )
    share = _texel_weight()
    textures = blend(own.textures, worn, share)
    kept, _ = _parted(own.strands)
    _, brought = _parted(other.strands)
    brought = _moved(brought, scale, shift)
    return Body(
        neutral,
        normals_of(neutral),
        openness,
        textures,
        Strands.joined([kept, brought]),
        len(kept.root),
        own,
    )


def _parted(strands):
    """The strands that stay with a head when it wears another face, and those that go with the
    inner face: brows and lashes go, hair stays, and a beard thins out and gets shorter across the
    border, as it does where it stops growing."""
    share, beard = _share_of_face(strands), strands.part == load_model().part["beard"]
    goes = evenly_strewn(len(share), share)
    left = np.where(beard, 1 - 0.6 * share, 1)
    came = np.where(beard, 0.4 + 0.6 * share, 1)
    return strands.shortened(left).chosen(~goes), strands.shortened(came).chosen(goes)


def _share_of_face(strands):
    """How much each strand (S,) belongs to the inner face."""
    part, model = load_model().part, load_model()
    share = smoothstep(0, 0.4, face_weight_wide())[strands.root]
    whole = face_weight(model)[strands.root] > 0.5
    share = np.where(strands.part == part["beard"], share, whole)
    return np.where(strands.part == part["hair"], 0, share)


def _moved(strands, scale, shift):
    return replace(strands, points=strands.points * scale + shift)


def fitted(shape, onto, rows):
    """Scale and move ``shape`` so that ``rows`` of it fall on those of ``onto`` (least squares):
    shape, scale, shift."""
    a, b = shape[rows], onto[rows]
    da, db = a - a.mean(0), b - b.mean(0)
    scale = np.float32((da * db).sum() / (da * da).sum())
    shift = (b.mean(0) - scale * a.mean(0)) * np.float32([0, 1, 1])
    return (shape * scale + shift).astype(np.float32), scale, shift.astype(np.float32)


@cache
def _texel_weight():
    a = atlas()
    return face_weight_at(a["x"], a["y"], a["z"])
