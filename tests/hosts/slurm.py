"""A Slurm cluster on a bed of hosts: slurmctld on the first host, a slurmd on every one.

    with bed.Bed(2) as hosts, slurm.Cluster(hosts) as cluster:
        done = cluster.submit(["-N2", "script.sbatch", "argument"])
"""
import os
import subprocess
import time

import bed

TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo", "scontrol")

_FOLDER = f"{bed.FOLDER}/slurm"
_SPOOL = f"{_FOLDER}/spool"  # the same path on every host, another folder behind it
_SOCKET = f"{_FOLDER}/munge.socket"
_CONFIGURATION = f"{_FOLDER}/slurm.conf"

# config_overrides: the nodes are what this file says, not what a slurmd finds. No cgroups and no task plugin, as the
# hosts share one kernel. TmpFS differs from host to host behind its path: PMIx makes its folders there.
_TEXT = """
ClusterName=bed
SlurmctldHost={first}({address})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={socket}
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
ReturnToService=2
KillWait=5
SlurmctldTimeout=30
SlurmdTimeout=30
StateSaveLocation={folder}/state
SlurmdSpoolDir={spool}
TmpFS={tmp}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
PartitionName=all Nodes=ALL Default=YES MaxTime=10:00 State=UP
"""


class Cluster:
    """A context manager. Its daemons end with it; the process namespace of the bed ends them in any case."""

    def __init__(self, hosts, cpus_per_host=2, start_seconds=60):
        self._hosts = hosts
        self._cpus = cpus_per_host
        self._start_seconds = start_seconds
        self._daemons = []
        # Every daemon and client gets the file by its absolute path; slurmstepd waits for a minute otherwise.
        self.environment = {**os.environ, "SLURM_CONF": _CONFIGURATION, "TMPDIR": bed.PRIVATE_TMP}

    def __enter__(self):
        os.makedirs(f"{_FOLDER}/state")
        os.makedirs(_SPOOL)
        self._write_configuration()
        self._start_munge()
        first = self._hosts[0]
        self._start(first, ["slurmctld", "-D", "-f", _CONFIGURATION])
        for host in self._hosts:
            private = f"{bed.FOLDER}/{host.name}/spool"
            os.makedirs(private)
            host.run(["mount", "--bind", private, _SPOOL])
            self._start(host, ["slurmd", "-D", "-f", _CONFIGURATION, "-N", host.name])
        try:
            self._wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in self._daemons:
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def _write_configuration(self):
        first = self._hosts[0]
        text = _TEXT.format(first=first.name, address=first.address, socket=_SOCKET, folder=_FOLDER, spool=_SPOOL,
                            tmp=bed.PRIVATE_TMP)
        for host in self._hosts:
            text += f"NodeName={host.name} NodeAddr={host.address} CPUs={self._cpus} State=UNKNOWN\n"
        with open(_CONFIGURATION, "w", encoding="ascii") as file:
            file.write(text)

    def _start_munge(self):
        """One munged for all hosts, with a key of its own: it is reached through a socket file, not the network."""
        key = f"{_FOLDER}/munge.key"
        with open(key, "wb") as file:
            file.write(os.urandom(128))
        os.chmod(key, 0o600)
        self._start(self._hosts[0], [
            "munged", "--foreground", "--force", f"--socket={_SOCKET}", f"--key-file={key}",
            f"--pid-file={_FOLDER}/munged.pid", f"--log-file={_FOLDER}/munged.log", f"--seed-file={_FOLDER}/munged.seed"])
        self._wait("munged", lambda: os.path.exists(_SOCKET))

    def _start(self, host, argv):
        name = f"{argv[0]}.{host.name}"
        with open(f"{_FOLDER}/{name}.stderr", "wb") as stderr:
            self._daemons.append(host.start(argv, env=self.environment, stdout=subprocess.DEVNULL, stderr=stderr))

    def _wait(self, what, condition):
        deadline = time.monotonic() + self._start_seconds
        while not condition():
            if time.monotonic() > deadline:
                raise bed.BedError(f"{what} did not start in {self._start_seconds} s\n{self.logs()}")
            time.sleep(0.1)

    def _wait_until_idle(self):
        def idle():
            answer = self.call(["sinfo", "--noheader", "--Node", "--format=%T"], check=False)
            return answer.returncode == 0 and answer.stdout.split() == ["idle"] * len(self._hosts)
        self._wait("Slurm", idle)

    def call(self, argv, timeout=60, check=True):
        """Runs a client on the first host and returns the completed process with its output as text."""
        return self._hosts[0].run(argv, timeout=timeout, check=check, env=self.environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def submit(self, arguments, timeout=120):
        """sbatch with these arguments; waits for the job's end. Its exit code and output, as a completed process."""
        output = f"{_FOLDER}/job.out"
        done = self.call(["sbatch", "--wait", f"--output={output}", *arguments], timeout=timeout, check=False)
        text = done.stdout
        if os.path.exists(output):
            with open(output, encoding="utf-8", errors="replace") as file:
                text += file.read()
        return subprocess.CompletedProcess(done.args, done.returncode, stdout=text, stderr="")

    def logs(self):
        """The ends of all daemons' logs, for a failure's message."""
        parts = []
        for name in sorted(os.listdir(_FOLDER)):
            if name.endswith((".log", ".stderr")):
                with open(f"{_FOLDER}/{name}", encoding="utf-8", errors="replace") as file:
                    parts.append(f"--- {name}\n{file.read()[-2000:]}")
        return "\n".join(parts)
