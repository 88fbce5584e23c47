"""A class on one server. The page teaching/hub.md says how to set it up.

Start it with the course's own Python: ``.venv/bin/jupyterhub -f teaching/hub/jupyterhub_config.py``
"""

import os
import sys
from pathlib import Path

HUB = Path(__file__).resolve().parent
COURSE = HUB.parents[1]
sys.path[:0] = [str(HUB), str(COURSE)]

from handout import pull_path  # noqa: E402
from seats import limit_mb  # noqa: E402

from facelab.course.build import Course  # noqa: E402
from facelab.course.measured import read_measured  # noqa: E402

PROGRAMS = Path(sys.executable).parent
THREADS = "2"  # per student: what the chapters were measured with
IDLE_SERVER_S, IDLE_KERNEL_S = 3600, 1200

c = get_config()  # noqa: F821

# who: Unix accounts of the group "students"; those of "teachers" also see the page /hub/admin
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"students", "teachers"}
c.PAMAuthenticator.admin_groups = {"teachers"}

# where: one port to the outside; hub and proxy talk to each other on this machine only
c.JupyterHub.bind_url = "http://:8000"
c.ConfigurableHTTPProxy.command = [str(HUB / "node_modules" / ".bin" / "configurable-http-proxy")]

# what: everybody's JupyterLab runs from the course's environment, which only root can change, and
# opens with the notebooks pulled into the student's own folder
c.Spawner.cmd = [str(PROGRAMS / "jupyterhub-singleuser")]
c.Spawner.default_url = pull_path()
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={IDLE_KERNEL_S}",
    "--MappingKernelManager.cull_interval=60",
]
c.Spawner.environment = {
    "FACELAB_PROGRESS": lambda spawner: os.path.expanduser(f"~{spawner.user.name}/progress.jsonl"),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_NUM_INTRAOP_THREADS": THREADS,
    "OMP_NUM_THREADS": THREADS,
    "NUMBA_NUM_THREADS": THREADS,
}

# how much: systemd makes the kernel of the operating system enforce the limit, for the student's
# server and all that it starts; when it is exceeded, the notebook's kernel is ended, not the server
c.Spawner.mem_limit = limit_mb(read_measured(Course().measured)) * 1_000_000
if Path("/run/systemd/system").is_dir():
    c.JupyterHub.spawner_class = "systemd"
    c.SystemdSpawner.unit_extra_properties = {"OOMPolicy": "continue", "MemorySwapMax": "0"}
    c.SystemdSpawner.readonly_paths = [str(COURSE)]
    c.SystemdSpawner.isolate_tmp = True
else:  # in a container: the hub looks every few seconds, and nothing stops a jump in between
    c.JupyterHub.spawner_class = "spawners.WatchedSpawner"
    c.Spawner.poll_interval = 3

# how long: servers that nobody uses are stopped; files stay, and a click starts them again
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SERVER_S}"],
    }
]
