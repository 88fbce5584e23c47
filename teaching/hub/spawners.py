"""Memory limits where no systemd can enforce them, as in a container.

JupyterHub hands ``mem_limit`` to its spawners, and its own ones ignore it. ``RLIMIT_AS`` is no way
out: it counts reserved addresses, of which TensorFlow takes many times what it ever uses. So the
hub looks, every ``poll_interval`` seconds, how much memory each server and its kernels hold, and
ends the largest kernel of one that holds too much. Between two looks nothing stops it.
"""

import psutil
from jupyterhub.spawner import LocalProcessSpawner


def family(pid):
    """A process and all below it as ``[(process, resident bytes)]``; empty once it is gone."""
    found = []
    try:
        parent = psutil.Process(pid)
        members = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return found
    for member in members:
        try:
            found.append((member, member.memory_info().rss))
        except psutil.NoSuchProcess:
            continue
    return found


def one_too_large(members, limit):
    """The process to end so that ``members`` hold at most ``limit`` bytes, or None.

    The largest one below the server, which is the first; the server only if it is alone.
    """
    if sum(size for _, size in members) <= limit:
        return None
    return max(members[1:] or members, key=lambda member: member[1])[0]


class MemoryWatch:
    """Lets a spawner of local processes look at memory whenever the hub looks at its server."""

    async def poll(self):
        """None while the server runs, else its exit status."""
        status = await super().poll()
        if status is None and self.pid and self.mem_limit:
            self.end_excess()
        return status

    def end_excess(self):
        """End the largest kernel if server and kernels together exceed ``mem_limit``."""
        excess = one_too_large(family(self.pid), self.mem_limit)
        if excess is not None:
            self.log.warning("%s exceeds its memory: ending %s", self.user.name, excess)
            excess.kill()


class WatchedSpawner(MemoryWatch, LocalProcessSpawner):
    """Local processes of Unix accounts, their memory watched."""
