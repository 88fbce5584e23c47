"""A file of trained weights as a thing to score: it says whom it swaps, and gives both sides."""

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from facelab.measure.judging import PairError

SHIPPED = Path(__file__).resolve().parents[2] / "datasets" / "weights"


@dataclass(frozen=True)
class TrainedPair:
    """A file that ``lab.py train swap`` wrote: ``to(person)`` gives the swapper to that person.

    Raises
    ------
    PairError
        Nothing can be scored with the file; the message says why.
    """

    path: Path

    @cached_property
    def card(self):
        """What the file says about itself."""
        from facelab.models.weights import WeightsError, read_weights  # Keras takes seconds

        try:
            card = read_weights(self.path).card
            card["people"], card["told"], card["size"], card["plan"]["steps"]  # noqa: B018
        except FileNotFoundError:
            raise PairError(f"There are no weights {self.path}.") from None
        except (WeightsError, KeyError, TypeError) as error:
            raise PairError(f"{self.path} cannot be scored: {error}") from None
        return card

    @property
    def pair(self):
        """Seeds of A and B."""
        return tuple(self.card["people"])

    @property
    def told(self):
        """Whether it was trained with the true answers: such a one is a ceiling."""
        return bool(self.card["told"])

    @property
    def name(self):
        """The network's size and how long it was trained; the same for each seed of a training."""
        from facelab.models.autoencoder import SIZES

        of_card = self.card["size"]
        names = [name for name, size in SIZES.items() if _as_json(asdict(size)) == of_card]
        return f"{names[0] if names else 'network'}, {self.card['plan']['steps']:,} steps"

    def to(self, person):
        """The swapper that gives faces the identity of a person, by seed."""
        from facelab.models.swapper import load_swapper

        if person not in self.pair:
            known = " and ".join(map(str, self.pair))
            raise PairError(f"{self.path.name} swaps {known}, not {person}: give their --pair.")
        swapper = load_swapper(self.path, "ab"[self.pair.index(person)])
        return InOwnColours(swapper) if self.told else swapper


def _as_json(settings):
    return {key: list(v) if isinstance(v, tuple) else v for key, v in settings.items()}


@dataclass(frozen=True)
class InOwnColours:
    """A swapper whose colours are right: it was told them, in the skin tone of the target."""

    swapper: object
    match_colours = False

    @property
    def size(self):
        return self.swapper.size

    @property
    def coverage(self):
        return self.swapper.coverage

    def __call__(self, crops):
        return self.swapper(crops)


def shipped(folder=SHIPPED):
    """The weights of swaps that come with the course: a list of TrainedPair."""
    return [TrainedPair(path) for path in sorted(Path(folder).glob("*.npz"))]
