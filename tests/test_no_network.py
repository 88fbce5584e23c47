"""A room without a network: packages gathered before, the course started there."""

import shutil
import socket
import subprocess
import sys
from itertools import takewhile

from places import ELSEWHERE, ROOT, SMOKE, clean_variables, do, interpreter, published

pytestmark = ELSEWHERE

# what is run in a network of its own, where nothing is but this machine
ALONE = """
import errno, fcntl, os, socket, struct, sys
up = struct.pack("16sh", b"lo", 0x41)
fcntl.ioctl(socket.socket(), 0x8914, up)
try:
    socket.create_connection(("192.0.2.1", 80), 1)
except OSError as error:
    assert error.errno == errno.ENETUNREACH, error
else:
    raise SystemExit("there is a network")
os.execv(sys.argv[1], sys.argv[1:])
"""
DEAD_PROXY = "http://127.0.0.1:9"


def offline(*command):
    """A command and variables that keep it from every network: for real, where that is allowed."""
    probe = subprocess.run(["unshare", "-rn", "true"], capture_output=True)
    apart = ["unshare", "-rn", sys.executable, "-c", ALONE] if probe.returncode == 0 else []
    proxies = {name: DEAD_PROXY for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    variables = clean_variables(PIP_NO_INDEX="1", PIP_NO_CACHE_DIR="1", **proxies)
    return [*apart, *map(str, command)], variables


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def open_and_close(command, variables, folder):
    """Start the course, wait until it says that it is open or gives up, end it; all it said."""
    with open(folder / "said.txt", "w+") as said:
        course = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=said, text=True
        )
        told = list(takewhile(lambda line: "Ctrl-C" not in line, course.stdout))
        course.terminate()
        course.communicate(timeout=60)
        said.seek(0)
        return "".join(told) + said.read()


def test_a_room_without_a_network(tmp_path):
    course, house = tmp_path / "course", tmp_path / "stick"
    do("git", "clone", "--quiet", published(), course)
    python = interpreter(12)
    variables = clean_variables(PYTHONPATH=str(ROOT))
    gather = [sys.executable, "-m", "facelab.course.wheelhouse", house, "--python", "3.12"]
    try:
        do(*gather, cwd=ROOT, env=variables)
        start = [python, "lab.py", "start", "--no-browser", "--port", free_port()]
        said = open_and_close(*offline(*start, "--wheelhouse", house), course)
        assert "The course is open at" in said and "Closing the course" in said, said
        command, variables = offline(course / ".venv" / "bin" / "python", "-c", SMOKE)
        do(*command, cwd=course, env={**variables, "PYTHONPATH": str(course)})
    finally:
        shutil.rmtree(house, ignore_errors=True)  # 5 GB together
        shutil.rmtree(course / ".venv", ignore_errors=True)
