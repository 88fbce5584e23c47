"""Jobs on all cores: every one is done once, and what goes wrong in one is told."""

import pytest

from facelab.studio import Person, Scene, parallel, render


def test_bands_cover_all_rows_once():
    for rows in (1, 7, 256):
        jobs = parallel.bands(lambda first, last: list(range(first, last)), rows, 4)
        assert sum((job() for job in jobs), []) == list(range(rows))


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_results_come_in_the_order_of_the_jobs(count):
    jobs = [lambda k=k: k * k for k in range(count)]
    assert parallel.together(jobs) == [k * k for k in range(count)]


def test_an_error_in_any_job_reaches_the_caller():
    def fail():
        raise ValueError("broken job")

    for jobs in ([fail, int], [int, fail], [int] * 20 + [fail]):
        with pytest.raises(ValueError, match="broken job"):
            parallel.together(jobs)
    assert parallel.together([int, int]) == [0, 0]  # the threads live on


def test_frames_of_one_person_share_their_triangles_and_nobody_may_write_to_them():
    person = Person.from_seed(3)
    one, two = (render(person, Scene(yaw=yaw), 32).mesh.triangles for yaw in (0, 10))
    assert one.base is two.base
    with pytest.raises(ValueError, match="read-only"):
        one[0] = 0
