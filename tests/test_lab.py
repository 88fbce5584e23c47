"""The two commands: every failure a learner can meet ends in a sentence and its remedy."""

import ast
import contextlib
import errno
import io
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import lab
from facelab.course import lint, measured

ROOT = Path(__file__).resolve().parent.parent
posix = pytest.mark.skipif(os.name == "nt", reason="stands in a shell script for an interpreter")

STUB = """#!/bin/sh
case "$*" in
  *"-c pass"*) exit 0 ;;
  *pip*install*) echo '{words}'; exit {code} ;;
  *ipykernel*) printf '{{"argv": ["%s"]}}' "$0" > "$(dirname "$0")/../{kernel}"; exit 0 ;;
  *jupyterlab*) echo 'port taken' >&2; exit 1 ;;
esac
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """An empty copy of the course; returns its folder."""
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "packaging" / "dlib").mkdir(parents=True)
    shutil.copy(ROOT / "packaging/dlib/pyproject.toml", tmp_path / "packaging/dlib")
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "03_faces_and_landmarks.py").touch()
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "make_venv", lambda *_: pytest.fail("would have installed for real"))
    return tmp_path


def fake_venv(words="", code=0):
    """Put a stand-in interpreter into .venv: its pip says `words` and exits with `code`."""
    python = lab.venv_python()
    python.parent.mkdir(parents=True, exist_ok=True)
    kernel = Path("share", "jupyter", "kernels", lab.KERNEL, "kernel.json")
    (lab.venv() / kernel).parent.mkdir(parents=True, exist_ok=True)
    python.write_text(STUB.format(words=words, code=code, kernel=kernel))
    python.chmod(python.stat().st_mode | stat.S_IEXEC)
    site = lab.venv() / "lib/python3.12/site-packages"
    for name in ("numpy", "numpy-2.4.6.dist-info"):
        (site / name).mkdir(parents=True, exist_ok=True)


def remake(monkeypatch, **stub):
    """Let `make_venv` make the stand-in; return the list that counts its calls."""
    calls = []

    def make_venv(options=()):
        calls.append(1)
        shutil.rmtree(lab.venv(), ignore_errors=True)
        fake_venv(**stub)

    monkeypatch.setattr(lab, "make_venv", make_venv)
    return calls


def outcome(*words):
    """Run a command; return its exit status and what it said on standard error."""
    heard = io.StringIO()
    with contextlib.redirect_stderr(heard):
        code = lab.main(list(words))
    return code, heard.getvalue()


@contextlib.contextmanager
def busy_port():
    """A port that something else listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


# ---- Python --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13), (3, 14, 0), (4, 0, 0)])
@pytest.mark.parametrize("other, remedy", [(None, "python.org"), ("python3.12", "one you have")])
def test_python_outside_the_window_is_refused(monkeypatch, version, other, remedy):
    monkeypatch.setattr(lab, "other_python", lambda: other)
    with pytest.raises(lab.LabError, match="needs Python 3.11 to 3.13") as refused:
        lab.refuse_python(version)
    assert remedy in refused.value.remedy


def test_another_python_is_named_only_if_it_starts(monkeypatch):
    monkeypatch.setattr(lab.shutil, "which", lambda name: name)
    monkeypatch.setattr(lab, "starts", lambda name: name == "python3.13")
    assert lab.other_python() == "python3.13"
    monkeypatch.setattr(lab, "starts", lambda name: False)
    assert lab.other_python() is None


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 13, 9)])
def test_python_inside_the_window_is_accepted(version):
    lab.refuse_python(version)


def test_32_bits_are_refused():
    with pytest.raises(lab.LabError, match="64-bit"):
        lab.refuse_python((3, 12, 0), bits=32)


def test_an_old_python_can_read_the_file():
    ast.parse((ROOT / "lab.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def old_python():
    """An interpreter below 3.11 that this machine happens to have, or None."""
    by_pyenv = Path.home().glob(".pyenv/versions/3.*/bin/python")
    old = [str(path) for path in by_pyenv if int(path.parts[-3].split(".")[1]) < 11]
    on_path = [shutil.which(f"python3.{minor}") for minor in range(6, 11)]
    found = [python for python in [*old, *on_path] if python]
    return next((python for python in found if lab.starts(python)), None)


def test_an_old_python_says_one_sentence():
    python = old_python()
    if not python:
        pytest.skip("this machine has no Python below 3.11")
    command = [python, str(ROOT / "lab.py"), "start"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "needs Python 3.11 to 3.13" in done.stderr
    assert "Traceback" not in done.stderr and "SyntaxError" not in done.stderr


def test_only_the_standard_library_is_imported():
    tree = ast.parse((ROOT / "lab.py").read_text(encoding="utf-8"))
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    own = {"facelab", "facelab.course"}  # disk_cache and troubles, which need no more either
    assert {name.partition(".")[0] for name in names - own} <= sys.stdlib_module_names


# ---- wrong use -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("strat",),
        ("start", "--prot", "9000"),
        ("start", "--port", "80"),
        ("start", "--port", "many"),
        ("run", "three"),
        ("score",),
        ("score", "everything"),
        ("score", "studio", "--seed", "x"),
        ("score", "studio", "--seed", "-5"),
        ("score", "swap", "--pair", "3"),
        ("bench", "swap", "--equal-time", "0"),
        ("bench", "swap", "--equal-time", "soon"),
        ("test", "--slow"),
        ("wheelhouse",),
        ("wheelhouse", "here", "--python", "2.7"),
        ("wheelhouse", "here", "--platform", "amiga"),
        ("badges",),
        ("matrix", "--packages", "some"),
    ],
)
def test_wrong_use_gets_a_sentence_and_a_remedy(course, words):
    code, said = outcome(*words)
    assert code == 2
    assert len(said.splitlines()) == 2 and "--help" in said.splitlines()[1]


COMMANDS = (
    "start test run build doctor clean score bench dataset progress book nbgrader wheelhouse "
    "badges matrix"
)


@pytest.mark.parametrize("command", COMMANDS.split())
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as left:
        lab.main([command, "--help"])
    assert left.value.code == 0
    assert f"lab.py {command}" in capsys.readouterr().out


def test_unknown_chapter_names_those_there_are(course):
    code, said = outcome("run", "42")
    assert code == 1 and "no chapter 42" in said and "03" in said


# ---- the environment -----------------------------------------------------------------------------


@posix
def test_a_finished_installation_is_ready_and_costs_no_pip(course, monkeypatch):
    calls = remake(monkeypatch)
    assert lab.state() == "missing"
    lab.ensure_environment()
    assert lab.state() == "ready"
    monkeypatch.setattr(lab, "install", lambda **_: pytest.fail("installed a second time"))
    assert lab.ensure_environment() == str(lab.venv_python())
    assert len(calls) == 1


@posix
@pytest.mark.parametrize("receipt", [None, "", "{", "[]", '{"recipe": "x"}'])
def test_a_half_made_environment_is_made_again(course, monkeypatch, receipt):
    fake_venv()
    if receipt is not None:
        lab.receipt_file().write_text(receipt)
    assert lab.state() == "half-made"
    calls = remake(monkeypatch)
    lab.ensure_environment()
    assert lab.state() == "ready" and calls


@posix
def test_a_broken_installation_leaves_no_receipt(course, monkeypatch):
    remake(monkeypatch)
    lab.ensure_environment()
    (course / "requirements.txt").write_text("numpy==0\n")
    assert lab.state() == "outdated"
    fake_venv(words="ERROR: boom", code=1)
    with pytest.raises(lab.LabError):
        lab.ensure_environment()
    assert lab.state() == "half-made"


@posix
@pytest.mark.parametrize("lost", ["lib/python3.12/site-packages/numpy", "bin"])
def test_a_damaged_environment_is_noticed_and_made_again(course, monkeypatch, lost):
    calls = remake(monkeypatch)
    lab.ensure_environment()
    shutil.rmtree(lab.venv() / lost)
    assert lab.state() == "damaged"
    lab.ensure_environment()
    assert lab.state() == "ready" and len(calls) == 2


@posix
def test_new_pins_are_installed_without_starting_over(course, monkeypatch):
    calls = remake(monkeypatch)
    lab.ensure_environment()
    with open(course / "requirements.txt", "a") as pins:
        pins.write("# changed\n")
    assert lab.state() == "outdated"
    lab.ensure_environment()
    assert lab.state() == "ready" and len(calls) == 1


def test_a_moved_course_is_outdated(course, monkeypatch):
    before = lab.recipe()
    shutil.copytree(course, course / "elsewhere")
    monkeypatch.setattr(lab, "ROOT", course / "elsewhere")
    assert lab.recipe() != before


def test_a_running_interpreter_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(lab.venv()))
    with pytest.raises(lab.LabError, match="deactivate"):
        lab.make_venv()


FAILURES = {
    "connection to the package index": (
        "WARNING: Retrying after connection broken by NewConnectionError: Failed to establish a "
        "new connection: [Errno -3] Temporary failure in name resolution\n"
        "ERROR: No matching distribution found for numpy==2.4.6"
    ),
    "disk is full": "ERROR: Could not install: [Errno 28] No space left on device",
    "clock": "SSLError: CERTIFICATE_VERIFY_FAILED: certificate is not yet valid (_ssl.c:1006)",
    "certificates": "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))",
    "no ready-made tensorflow": "ERROR: No matching distribution found for tensorflow==2.21.0",
    "may not write": "ERROR: Could not install packages: [Errno 13] Permission denied: x",
    "pip failed: ERROR: something new": "Collecting\nERROR: something new\nWARNING: you may update",
    "it said nothing": "",
}


@pytest.mark.parametrize("sentence", FAILURES)
def test_what_pip_says_becomes_a_sentence(sentence):
    error = lab.explain_pip(FAILURES[sentence], Path("install.log"))
    assert sentence in error.sentence and error.remedy


@posix
@pytest.mark.parametrize("sentence", ["connection to the package index", "disk is full"])
def test_a_failing_pip_ends_in_two_lines(course, monkeypatch, sentence):
    words = FAILURES[sentence].replace("'", "").replace("\n", " ")
    remake(monkeypatch, words=words, code=1)
    monkeypatch.setattr(lab, "refuse_busy_port", lambda port: None)
    code, said = outcome("start", "--no-browser")
    assert code == 1 and sentence in said and "Traceback" not in said
    assert words in (lab.venv() / "install.log").read_text()


@pytest.mark.parametrize(
    "words, sentence",
    [
        ("returned non-zero: '-m', 'ensurepip', '--upgrade'", "venv part"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("Error: [Errno 13] Permission denied: '.venv'", "may not write"),
        ("Error: odd", "Error: odd"),
    ],
)
def test_what_venv_says_becomes_a_sentence(words, sentence):
    assert sentence in lab.explain_venv(words).sentence


def test_little_disk_is_refused_before_anything_is_touched(course, monkeypatch):
    little = shutil._ntuple_diskusage(10**12, 10**12 - 10**9, 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: little)
    code, said = outcome("build")
    assert code == 1 and "only 1.0 GB are free" in said
    assert not lab.venv().exists()


@pytest.mark.parametrize(
    "error, sentence",
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (PermissionError(errno.EACCES, "denied"), "may not write"),
        (OSError(errno.EIO, "Input/output error"), "The system refused"),
    ],
)
def test_system_errors_become_sentences(course, monkeypatch, error, sentence):
    def fail():
        raise error

    monkeypatch.setattr(lab, "ensure_environment", fail)
    code, said = outcome("build", "--check")
    assert code == 1 and sentence in said and "Traceback" not in said


def test_ctrl_c_is_no_accident(course, monkeypatch):
    monkeypatch.setattr(lab, "ensure_environment", lab.interrupt)
    assert outcome("build") == (130, "\nStopped.\n")


# ---- start ---------------------------------------------------------------------------------------


def test_a_busy_port_is_refused_before_anything_is_installed(course):
    with busy_port() as port:
        code, said = outcome("start", "--no-browser", "--port", str(port))
    assert code == 1 and f"Port {port} is in use" in said and f"--port {port + 1}" in said
    assert not lab.venv().exists()


@posix
def test_a_server_that_dies_is_explained(course, monkeypatch):
    remake(monkeypatch)
    with busy_port() as port:
        pass
    code, said = outcome("start", "--no-browser", "--port", str(port))
    assert code == 1 and "JupyterLab did not start: port taken" in said


def test_the_course_opens_on_its_index(course):
    assert lab.course_page() == "/lab"
    (course / "notebooks").mkdir()
    assert lab.course_page() == "/lab/tree/notebooks"
    (course / "notebooks" / "index.ipynb").touch()
    assert lab.course_page() == "/lab/tree/notebooks/index.ipynb"


def test_the_server_stays_on_this_machine_and_this_port(course):
    command = lab.server_command("python", 9000)
    assert {"--ServerApp.ip=127.0.0.1", "--ServerApp.port=9000", "--ServerApp.port_retries=0"} <= {
        *command
    }


def test_children_see_the_course_and_not_the_callers_python(monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "nowhere")
    monkeypatch.setenv("PYTHONPATH", "nowhere")
    found = lab.child_environment(EXTRA="1")
    assert "PYTHONHOME" not in found and found["EXTRA"] == "1"
    assert found["PYTHONPATH"] == str(lab.ROOT)


# ---- the other commands --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, module, arguments",
    [
        (["run", "3", "--record"], "facelab.course.run", ["03", "--record"]),
        (["build", "--check"], "facelab.course.build", ["--check"]),
        (["score", "studio", "--json"], "facelab.measure.score", ["studio", "--json"]),
        (["score", "studio", "--seed", "5"], "facelab.measure.score", ["studio", "--seed", 5]),
        (["score", "all", "--json"], "facelab.measure.scoreboard", ["--json"]),
        (
            ["score", "swap", "--pair", "20", "4", "--method", "a.b:c", "--tone", "b", "--json"],
            "facelab.measure.score_swap",
            ["--json", "--pair", 20, 4, "--tone", "b", "--method", "a.b:c"],
        ),
        (["bench", "studio"], "facelab.measure.bench", ["studio"]),
        (["bench", "course", "--json"], "facelab.course.bench", ["--json"]),
        (["bench", "studio", "--crops"], "facelab.measure.bench", ["studio", "--crops"]),
        (["bench", "swap", "--json"], "facelab.measure.bench_swap", ["--json"]),
        (
            ["bench", "swap", "--equal-time", ".5", "--seeds", "3"],
            "facelab.measure.bench_swap",
            ["--equal-time", 0.5, "--seeds", 3],
        ),
        (["progress", "--forget"], "facelab.course.progress", ["--forget"]),
        (
            ["badges", "--repo", "a/b", "--branch", "c"],
            "facelab.course.badges",
            ["--repo", "a/b", "--branch", "c"],
        ),
        (
            ["dataset", "/raw", "--people", "3", "4", "--pictures", "60"],
            "facelab.course.dataset",
            ["--people", 3, 4, "--seed", 0, "--pictures", 60, Path("/raw").resolve()],
        ),
        (["matrix", "--record"], "facelab.course.matrix", ["--record"]),
        (
            ["matrix", "--python", "3.12", "--packages", "floors", "--json"],
            "facelab.course.matrix",
            ["--python", "3.12", "--packages", "floors", "--json"],
        ),
    ],
)
def test_commands_reach_their_modules(course, monkeypatch, words, module, arguments):
    heard = []
    monkeypatch.setattr(lab, "hand_over", lambda *call: heard.append(call) or 7)
    assert lab.main(words) == 7
    assert heard == [(module, arguments)]


def test_a_relative_output_folder_means_the_callers(course, monkeypatch, tmp_path):
    heard = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "hand_over", lambda module, words: heard.extend(words) or 0)
    lab.main(["run", "--out", "here"])
    assert heard == ["--out", tmp_path / "here"]


def test_files_to_score_are_named_from_where_the_caller_is(course, monkeypatch, tmp_path):
    heard = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "hand_over", lambda module, words: heard.extend(words) or 0)
    lab.main(["score", "swap", "--method", "my.py:swap", "--weights", "x", "y", "--told", "m:f"])
    lab.main(["score", "swap", "--folder", "done", "--write-targets", "new"])
    assert heard == [
        *("--method", tmp_path / "my.py:swap", "--weights", tmp_path / "x", tmp_path / "y"),
        *("--told", "m:f", "--folder", tmp_path / "done", "--write-targets", tmp_path / "new"),
    ]


@pytest.mark.parametrize("words", [("run", "03"), ("book",), ("nbgrader",)])
@pytest.mark.parametrize("inside", ["", "x/y"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_work(
    course, monkeypatch, words, inside
):
    monkeypatch.setattr(lab, "hand_over", lambda *_: pytest.fail("worked in vain"))
    place = course / "requirements.txt" / inside
    code, said = outcome(*words, "--out", str(place))
    assert code == 1 and f"Nothing can be written to {place}" in said
    assert len(said.splitlines()) == 2 and "--out" in said.splitlines()[1]


def test_the_output_folder_is_there_before_the_work_begins(course, monkeypatch):
    seen = []
    monkeypatch.setattr(lab, "hand_over", lambda _, words: seen.append(list(words[1].iterdir())))
    lab.main(["book", "--out", str(course / "a" / "b")])
    assert seen == [[]]


@posix
def test_a_reader_who_has_seen_enough_is_no_accident():
    command = f"{sys.executable} lab.py doctor | head -1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.count("\n") == 1 and done.stderr == ""


def test_a_wheelhouse_is_gathered_for_this_machine_unless_told_otherwise(course, monkeypatch):
    heard = []
    monkeypatch.chdir(course)
    monkeypatch.setattr(lab, "hand_over", lambda module, words: heard.append(words) or 0)
    lab.main(["wheelhouse", "usb"])
    lab.main(["wheelhouse", "usb", "--python", "3.13", "--platform", "windows"])
    here = ["--python", lab.this_python(), "--platform", lab.this_platform()]
    assert heard[0] == [course / "usb", *here]
    assert heard[1] == [course / "usb", "--python", "3.13", "--platform", "windows"]


def test_the_exit_status_of_a_module_is_passed_on(monkeypatch):
    monkeypatch.setattr(lab, "ensure_environment", lambda: sys.executable)
    monkeypatch.setattr(lab, "ROOT", ROOT)
    assert lab.hand_over("tokenize", ["no-such-file"]) == 1
    assert lab.hand_over("ast", [str(ROOT / "tests" / "conftest.py")]) == 0


def test_one_failed_stage_fails_the_whole_test_and_the_rest_still_runs(course, monkeypatch):
    monkeypatch.setattr(lab, "ensure_environment", lambda: sys.executable)
    monkeypatch.setattr(lab, "draw_a_first_face", lambda: None)
    plan = [("good", ["-c", "pass"]), ("bad", ["-c", "raise SystemExit(3)"]), ("last", ["-c", ""])]
    monkeypatch.setattr(lab, "stages", lambda *options: plan)
    code, said = outcome("test")
    assert code == 1
    assert [line.split()[0] for line in said.splitlines()[-4:-1]] == ["passed", "FAILED", "passed"]
    monkeypatch.setattr(lab, "stages", lambda *options: plan[:1])
    assert outcome("test")[0] == 0


def test_a_stage_keeps_no_progress(course, monkeypatch):
    monkeypatch.setenv("FACELAB_PROGRESS", "/somewhere")
    look = "import os, sys; sys.exit(os.environ['FACELAB_PROGRESS'] != '')"
    assert lab.run_stage(sys.executable, "look", ["-c", look]).passed


def test_fast_leaves_out_what_is_slow_and_nothing_is_left_out_of_the_rest():
    fast, full = lab.stages(fast=True), lab.stages(fast=False)
    assert [name for name, _ in fast] == ["lint", "unit tests"]
    assert "not slow and not browser and not elsewhere" in fast[1][1]
    commands = [" ".join(arguments) for _, arguments in full]
    for part in ("ruff check", "not browser and not elsewhere tests", "-m browser tests"):
        assert any(part in command for command in commands), part
    for part in ("-m elsewhere tests", "build --check", "facelab.course.rerun"):
        assert any(part in command for command in commands), part


def test_thorough_and_restart_reach_the_stages():
    usual, thorough = (
        {name: " ".join(arguments) for name, arguments in lab.stages(False, whole, restart)}
        for whole, restart in ((False, "03"), (True, None))
    )
    assert usual["notebooks as run"].endswith("rerun --restart 03")
    assert thorough["notebooks as run"].endswith("rerun --thorough")
    assert not any("--thorough" in command for command in usual.values())
    assert all("--thorough" in thorough[n] for n in ("in the browser", "on Binder and Colab"))


REPORT = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_it" time="6.0"/>
<testcase classname="tests.test_ch03" name="test_it" time="1.0"/>
<testcase classname="tests.test_b" name="test_rule[one_title-03_faces]" time="1.0"/>
<testcase classname="tests.test_b" name="test_answer[03.2]" time="0.5"/>
<testcase classname="tests.test_b" name="test_a_chapter_runs" time="1.5"/>
<testcase classname="tests.test_c" name="test_near[0.75-12]" time="0.0"/>
</testsuite></testsuites>"""


def test_the_share_of_tests_that_name_a_chapter_grows(course, tmp_path, monkeypatch):
    path = tmp_path / "report.xml"
    path.write_text(REPORT, encoding="utf-8")
    assert lab.share_that_grows(path) == pytest.approx(0.4)
    monkeypatch.setattr(lab, "chapters", lambda: ["01", "02", "03"])
    assert lab.growth("unit tests", path) == pytest.approx(0.6 + 0.4 * 5)
    assert lab.growth("lint", tmp_path / "none.xml") == 1


def test_the_chapters_own_runs_grow_to_what_a_chapter_may_take(course, tmp_path):
    costs = {"01_a": {"seconds": 20.0}, "02_b": {"seconds": 40.0}}
    (course / "solutions").mkdir(exist_ok=True)
    (course / "solutions" / "measured.json").write_text(json.dumps(costs), encoding="utf-8")
    assert lab.growth("notebooks as run", tmp_path / "none.xml") == 15 * 60 / 60


def test_the_forecast_adds_up_what_each_stage_will_have_grown_to(course):
    results = [lab.Result("a", True, 60.0, 1), lab.Result("b", True, 120.0, 5)]
    assert lab.forecast(results).split(";")[0].strip().startswith("3.0 minutes")
    assert "; 11 for 15 that take 60 seconds each" in lab.forecast(results)


def test_the_forecast_knows_the_course_s_limits():
    assert lab.PLANNED == measured.LAST and lab.SECONDS_A_CHAPTER == lint.AVERAGE_SECONDS


def test_a_stage_of_tests_says_how_it_grows(course, monkeypatch, tmp_path):
    """The report that pytest writes for real is read."""
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    text = "import time\n\n\ndef test_chapter():\n    time.sleep(0.2)\n"
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    monkeypatch.setattr(lab, "chapters", lambda: ["01", "02", "03"])
    assert lab.run_stage(sys.executable, "tests", command).growth == pytest.approx(5)


def test_installing_ends_with_a_first_face(course, monkeypatch):
    """So that chapter 1 need not compile the studio; and what it asks for is true."""
    steps = ["make_venv", "install_pins", "register_kernel", "silence_news", "draw_a_first_face"]
    done = []
    for step in [*steps, "write_receipt"]:
        monkeypatch.setattr(lab, step, lambda *_, step=step: done.append(step))
    lab.install(afresh=True)
    assert done == [*steps, "write_receipt"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", lab.FIRST_FACE], env=environment, check=True)


def test_ci_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = [line for line in script.splitlines() if "lab.py" in line and line[0] != "#"]
    assert commands == ["python3 lab.py test"] == [script.splitlines()[-1]]
    assert "python3 lab.py test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert os.name == "nt" or os.access(ROOT / ".ci" / "run", os.X_OK)


# ---- doctor --------------------------------------------------------------------------------------


def healthy(course):
    """Everything the doctor looks at, as it should be."""
    fake_venv()
    for name, version in lab.read_pins().items():
        (lab.venv_packages() / f"{name.replace('-', '_')}-{version}.dist-info").mkdir(exist_ok=True)
    (course / "datasets").mkdir()
    shutil.copy(ROOT / "datasets" / "face_model.npz", course / "datasets")
    lab.write_receipt()
    lab.register_kernel()


@posix
def test_doctor_is_content_with_a_healthy_course(course, capsys, monkeypatch):
    for name in ("KERAS_BACKEND", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    healthy(course)
    code = lab.main(["doctor"])
    told = capsys.readouterr().out
    assert code == 0 and "All is well" in told and "numpy 2.4.6" in told and "dlib-bin" in told


@posix
@pytest.mark.parametrize(
    "harm, complaint",
    [
        (lambda c: lab.receipt_file().unlink(), "half made"),
        (lambda c: (c / "datasets/face_model.npz").write_bytes(b"no"), "face_model.npz"),
        (lambda c: shutil.rmtree(lab.venv() / "share"), "kernel is not registered"),
        (lambda c: (lab.venv_packages() / "numpy").rmdir(), "numpy is gone from .venv"),
        (lambda c: next(lab.venv_packages().glob("ruff-*")).rmdir(), "ruff is not installed"),
        (
            lambda c: next(lab.venv_packages().glob("scipy-*")).rename(
                lab.venv_packages() / "scipy-1.0.dist-info"
            ),
            "scipy 1.0 is there",
        ),
        (
            lambda c: (c / "requirements.txt").write_text(
                (c / "requirements.txt").read_text().replace("scipy==", "scipy==9.")
            ),
            "older than requirements.txt",
        ),
    ],
)
def test_doctor_names_what_is_broken_and_the_remedy(course, capsys, harm, complaint):
    healthy(course)
    harm(course)
    code = lab.main(["doctor"])
    told = capsys.readouterr().out.splitlines()
    line = next(i for i, text in enumerate(told) if complaint in text)
    assert code == 1
    assert told[line].split()[0] == "BROKEN" and "->" in told[line + 1]


@posix
@pytest.mark.parametrize("answer", [0, 1])
def test_doctor_tries_the_network_when_nothing_is_installed(course, monkeypatch, answer, capsys):
    asked = []

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, answer, b"")

    monkeypatch.setattr(subprocess, "run", run)
    assert lab.main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert asked and ("index answers" in told) == (answer == 0)


def test_doctor_shows_the_crops_that_are_kept_and_clean_deletes_them(
    course, monkeypatch, tmp_path, capsys
):
    entry = tmp_path / "crops" / "entry"
    entry.mkdir(parents=True)
    (entry / "image.npy").write_bytes(bytes(60_000_000))
    (entry / "used").touch()
    monkeypatch.setenv("FACELAB_CACHE", str(entry.parent))
    (found,) = lab.examine_cache()
    assert found.verdict == "ok" and "0.1 GB of crops, of 4" in found.text
    assert str(entry.parent) in found.text and "clean" in found.text
    assert lab.main(["clean"]) == 0
    assert "60 MB" in capsys.readouterr().out and not entry.exists()
    monkeypatch.setenv("FACELAB_CACHE", "off")
    (found,) = lab.examine_cache()
    assert found.verdict == "note" and "off" in found.text


def test_doctor_notes_a_busy_port_without_calling_it_broken(course, monkeypatch):
    with busy_port() as port:
        monkeypatch.setattr(lab, "PORT", port)
        verdicts = {f.text: f.verdict for f in lab.examine_port()}
    assert verdicts[f"port {port} is in use"] == "note"


def test_receipts_are_json_that_lists_what_is_there(course):
    fake_venv() if os.name != "nt" else lab.venv().mkdir()
    lab.write_receipt()
    receipt = json.loads(lab.receipt_file().read_text())
    assert receipt == {"recipe": lab.recipe(), "contents": lab.contents()}


# ---- the kernel ----------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    "harm",
    [
        lambda kernel: kernel.unlink(),
        lambda kernel: kernel.write_text("{"),
        lambda kernel: kernel.write_text('{"argv": []}'),
        lambda kernel: kernel.write_text('{"argv": ["/opt/other/python"]}'),
    ],
)
def test_a_lost_or_foreign_kernel_is_registered_again(course, monkeypatch, harm):
    calls = remake(monkeypatch)
    lab.ensure_environment()
    kernel = lab.venv() / "share" / "jupyter" / "kernels" / lab.KERNEL / "kernel.json"
    right = kernel.read_text()
    harm(kernel)
    lab.ensure_environment()
    assert kernel.read_text() == right and len(calls) == 1


@posix
def test_a_kernel_that_is_right_is_left_alone(course, monkeypatch):
    remake(monkeypatch)
    lab.ensure_environment()
    monkeypatch.setattr(lab, "register_kernel", lambda: pytest.fail("registered again"))
    lab.ensure_environment()


# ---- a wheelhouse --------------------------------------------------------------------------------


@pytest.fixture
def house(course, tmp_path_factory):
    """A wheelhouse for this machine with two small files; returns its folder."""
    folder = tmp_path_factory.mktemp("house")
    files = {"pip-26.0-py3-none-any.whl": b"pip", "numpy-2.4.6-py3-none-any.whl": b"numpy"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    write_gathered(folder, files={name: lab.file_digest(folder / name) for name in files})
    return folder


def write_gathered(folder, python=None, platform=None, **changes):
    """Write the list of a wheelhouse for a machine, by default this one."""
    name = lab.GATHERED.format(
        python=python or lab.this_python(), platform=platform or lab.this_platform()
    )
    path = folder / name
    before = json.loads(path.read_text()) if path.exists() else {"pins": lab.pins_digest()}
    path.write_text(json.dumps({**before, "files": {}, **changes}))


def test_a_whole_wheelhouse_is_accepted(house):
    lab.refuse_wheelhouse(house)


@pytest.mark.parametrize(
    "harm, sentence",
    [
        (lambda h: shutil.rmtree(h), "is no wheelhouse"),
        (lambda h: next(h.glob("gathered-*")).unlink(), "is no wheelhouse"),
        (lambda h: next(h.glob("gathered-*")).write_text("{"), "cannot be read"),
        (lambda h: next(h.glob("gathered-*")).write_text("[]"), "cannot be read"),
        (lambda h: write_gathered(h, pins="of last year"), "another version of the course"),
        (lambda h: next(h.glob("numpy*")).unlink(), "1 files of the wheelhouse are missing"),
        (lambda h: next(h.glob("pip*")).write_bytes(b"pi"), "or damaged, pip-26.0"),
    ],
)
def test_a_harmed_wheelhouse_is_refused_before_anything_is_touched(house, harm, sentence):
    harm(house)
    code, said = outcome("start", "--no-browser", "--wheelhouse", str(house), "--port", "18873")
    assert code == 1 and sentence in said and "wheelhouse" in said.splitlines()[-1]
    assert "Traceback" not in said and not lab.venv().exists()


def test_a_wheelhouse_for_other_machines_names_them_and_the_way_to_add_this_one(house):
    next(house.glob("gathered-*")).unlink()
    write_gathered(house, python="3.9", platform="linux-arm")
    with pytest.raises(lab.LabError, match="gathered for Python 3.9 on linux-arm") as refused:
        lab.refuse_wheelhouse(house)
    assert f"--python {lab.this_python()} --platform {lab.this_platform()}" in refused.value.remedy


@posix
def test_with_a_wheelhouse_pip_is_kept_from_the_network(house, monkeypatch):
    asked = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda c, **o: asked.append(c) or popen(c, **o))
    made = []
    monkeypatch.setattr(lab, "make_venv", lambda options: made.extend(options) or fake_venv())
    lab.ensure_environment(wheelhouse=house)
    calls = [command for command in asked if "install" in command and "ipykernel" not in command]
    assert len(calls) == 2 and made == ["--without-pip"]
    for command in calls:
        assert command[-3:] == ["--no-index", "--find-links", str(house)]
    assert lab.state() == "ready"


@posix
def test_a_wheelhouse_is_not_looked_at_when_all_is_installed(course, monkeypatch, capsys):
    remake(monkeypatch)
    lab.ensure_environment()
    lab.ensure_environment(wheelhouse=course / "unplugged")
    said = capsys.readouterr().err
    assert "complete already" in said and "unplugged" in said


@pytest.mark.parametrize(
    "system, machine, name",
    [
        ("linux", "x86_64", "linux"),
        ("linux", "aarch64", "linux-arm"),
        ("darwin", "arm64", "macos"),
        ("darwin", "x86_64", "macos-intel"),
        ("win32", "AMD64", "windows"),
        ("win32", "ARM64", "windows-arm"),
    ],
)
def test_each_kind_of_machine_has_its_name(monkeypatch, system, machine, name):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(lab.platform, "machine", lambda: machine)
    assert lab.this_platform() == name
