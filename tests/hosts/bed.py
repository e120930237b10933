"""A bed of hosts on one machine: network namespaces on a private bridge, each with its own name, address and /tmp.

    bed.isolate()                       # first thing: moves the script into namespaces of its own
    with bed.Bed(2) as hosts: ...
        hosts[0].run(["hostname"])      # prints tally-h0

Everything, the bridge included, lives in namespaces made by isolate(): a network, a process, a host name and a mount
namespace. Nothing of the machine's own network or files changes, and the kernel removes every host, interface, process
and temporary file when the script ends, however it ends; so there is nothing stale to clean up after a crash.
"""
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys

SUBNET = "10.77.0"  # exists inside the bed's own network namespace only
FOLDER = "/run/bed"  # on a tmpfs that only the bed sees; common to all hosts, like a shared file system
PRIVATE_TMP = f"{FOLDER}/tmp"  # the same path on every host, another folder behind it

_NAMESPACES = ["--net", "--uts", "--mount", "--propagation", "private"]
_PARENT_NETWORK = "TALLY_BED_PARENT_NETWORK"
_START_SECONDS = 30


class BedError(Exception):
    """The bed could not be made although tools and privileges are there; the text says what failed."""


def skip(reason):
    """Ends the test as skipped (77), or as failed where CI requires every test to run."""
    required = os.environ.get("TALLY_REQUIRE_ORACLES", "") not in ("", "0", "OFF")
    print(f"{'failed, as this must run here' if required else 'skipped'}: {reason}", flush=True)
    sys.exit(1 if required else 77)


def require_tools(*names):
    """Skips where a program is not installed. Daemons lie in sbin, which a user's PATH may lack."""
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([path, "/usr/local/sbin", "/usr/sbin", "/sbin"])
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        skip(f"{', '.join(missing)} not found (cmake/install-dependencies installs it)")


def isolate():
    """Re-executes this script in its own namespaces; returns there. Skips the test where the kernel refuses."""
    network = os.readlink("/proc/self/ns/net")
    parent = os.environ.pop(_PARENT_NETWORK, None)
    if parent is not None and parent != network:
        _become_init()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        os.makedirs(PRIVATE_TMP)
        return
    require_tools("ip", "unshare", "nsenter", "mount")
    unshare = ["unshare", *_NAMESPACES, "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        skip("a bed of hosts needs root, for network namespaces")
    probe = subprocess.run([*unshare, "ip", "link", "add", "br0", "type", "bridge"], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=_START_SECONDS, check=False)
    if probe.returncode != 0:
        skip(f"no privilege for namespaces and bridges here: {probe.stderr.strip()}")
    os.environ[_PARENT_NETWORK] = network
    sys.stdout.flush()
    os.execvp("unshare", [*unshare, sys.executable, "-B", *sys.argv])


def _become_init():
    """The first process of a process namespace adopts orphans: this one reaps them, the test runs in a child.

    When it ends, the kernel ends all others: no daemon outlives the test.
    """
    child = os.fork()
    if child == 0:
        return
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child as well
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


class Host:
    """One host: a process that holds its namespaces open."""

    def __init__(self, index):
        self.name = f"tally-h{index}"
        self.address = f"{SUBNET}.{index + 1}"
        private = f"{FOLDER}/{self.name}/tmp"
        os.makedirs(private)
        prepare = " && ".join([
            f"hostname {self.name}",
            f"mount --bind {private} {PRIVATE_TMP}",
            "mount -t tmpfs tmpfs /dev/shm",
            "echo ready",
            "exec sleep infinity",
        ])
        self._holder = subprocess.Popen(["unshare", *_NAMESPACES, "sh", "-c", prepare], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        if self._holder.stdout.readline() != "ready\n":
            raise BedError(f"could not make the namespaces of {self.name}")
        self.port = f"port{index}"  # the bridge's end of its eth0
        self._join_bridge()
        with open(f"{FOLDER}/{self.name}/pid", "w", encoding="ascii") as file:
            file.write(str(self._holder.pid))

    def _join_bridge(self):
        _ip("link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", str(self._holder.pid))
        _ip("link", "set", self.port, "master", "br0", "up")
        self.run(["ip", "link", "set", "lo", "up"])
        self.run(["ip", "address", "add", f"{self.address}/24", "dev", "eth0"])
        self.run(["ip", "link", "set", "eth0", "up"])

    def command(self, argv):
        """The command that runs argv on this host, in the current folder."""
        # Entering a mount namespace moves to its root folder.
        return ["nsenter", f"--target={self._holder.pid}", "--net", "--uts", "--mount", "--",
                "sh", "-c", 'cd "$0" && exec "$@"', os.getcwd(), *argv]

    def run(self, argv, timeout=60, check=True, **options):
        """subprocess.run on this host, bounded in time, without standard input."""
        return subprocess.run(self.command(argv), timeout=timeout, check=check, stdin=subprocess.DEVNULL, **options)

    def start(self, argv, **options):
        """subprocess.Popen on this host; ends with the bed at the latest."""
        return subprocess.Popen(self.command(argv), stdin=subprocess.DEVNULL, **options)

    def stop(self):
        self._holder.kill()
        self._holder.wait()


class Bed:
    """Hosts tally-h0, tally-h1 ... that know each other by name. A context manager: a list of Host."""

    def __init__(self, hosts):
        self._count = hosts
        self._hosts = []
        self._undo = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            _ip("link", "add", "br0", "type", "bridge")
            undo.callback(_ip, "link", "delete", "br0")
            _ip("link", "set", "br0", "up")
            self._write_host_names()
            undo.callback(subprocess.run, ["umount", "/etc/hosts"], check=True)
            self._write_agent()
            for index in range(self._count):
                undo.callback(shutil.rmtree, f"{FOLDER}/tally-h{index}", ignore_errors=True)
                self._hosts.append(Host(index))
                undo.callback(self._hosts[index].stop)
            self._undo = undo.pop_all()
        return self._hosts

    def __exit__(self, *_):
        self._undo.close()

    def _write_host_names(self):
        names = "".join(f"{SUBNET}.{index + 1} tally-h{index}\n" for index in range(self._count))
        path = f"{FOLDER}/hosts"
        with open(path, "w", encoding="ascii") as file:
            file.write("127.0.0.1 localhost\n" + names)
        subprocess.run(["mount", "--bind", path, "/etc/hosts"], check=True)

    @staticmethod
    def _write_agent():
        """What mpirun calls in place of ssh. Like ssh, it hands on hardly anything of the caller's environment."""
        with open(f"{FOLDER}/agent", "w", encoding="ascii") as file:
            file.write(
                "#!/bin/sh\n"
                "host=$1\n"
                "shift\n"
                f'exec env -i PATH="$PATH" HOME=/root TMPDIR={PRIVATE_TMP} \\\n'
                f'  nsenter --target="$(cat {FOLDER}/$host/pid)" --net --uts --mount -- sh -c "$*"\n')
        os.chmod(f"{FOLDER}/agent", 0o755)


def mpi_environment():
    """The environment for mpirun on a host of the bed: TCP between the hosts, and no ssh."""
    return {
        **os.environ,
        "TMPDIR": PRIVATE_TMP,
        "OMPI_MCA_plm_rsh_agent": f"{FOLDER}/agent",
        "OMPI_MCA_btl": "self,vader,tcp",
        "OMPI_MCA_btl_tcp_if_include": f"{SUBNET}.0/24",
        "OMPI_MCA_oob_tcp_if_include": f"{SUBNET}.0/24",
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    }


def _ip(*arguments):
    result = subprocess.run(["ip", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=_START_SECONDS, check=False)
    if result.returncode != 0:
        raise BedError(f"{shlex.join(['ip', *arguments])}: {result.stderr.strip()}")
