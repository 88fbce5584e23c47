"""Write raw collections: ``python -m facelab.course.dataset DIR [--people A B] [--seed N]``."""

import argparse
import sys
from pathlib import Path
from time import perf_counter

from facelab.studio import StudioError, read_truth, write_collection

SECONDS_A_PICTURE = 0.1  # on two cores that do something else too, the people included


def forecast(pictures, people):
    """What it will cost, in a line."""
    minutes = max(1, round(SECONDS_A_PICTURE * pictures * people / 60))
    files = f"{people * pictures} pictures and {people} clips"
    return f"{files}: about {minutes} minute{'s' * (minutes > 1)} on two cores"


def told(collection):
    """What was written of one person, in two lines."""
    truth = read_truth(collection)
    pictures = [picture for picture in truth if picture.index is None]
    wanted = sum(any(face.is_target for face in picture.faces) for picture in pictures)
    broken = sum(bool(picture.broken) for picture in pictures)
    frames = len(truth) - len(pictures)
    shown = f"{len(pictures)} pictures, {wanted} of which show the person"
    rest = f"{broken} broken or misnamed; a clip of {frames} frames"
    return f"{collection.raw}: {shown}, {rest}\n  truth: {collection.truth}"


def main(arguments=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="dataset", description="Write raw collections.")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--people", nargs="+", type=int, default=[7, 12], metavar="N")
    parser.add_argument("--pictures", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    asked = parser.parse_args(arguments)
    print(forecast(asked.pictures, len(asked.people)), file=sys.stderr)
    began = perf_counter()
    try:
        made = write_collection(
            asked.folder, asked.people, asked.pictures, seed=asked.seed, progress=True
        )
    except (StudioError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(map(told, made)))
    print(f"{perf_counter() - began:.0f} seconds", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
