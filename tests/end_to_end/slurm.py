"""A temporary SLURM cluster of two nodes on this machine, without systemd, control groups or a database."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import text
from tests.end_to_end.conftest import await_true

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "munged", "mungekey")

CONFIGURATION = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=30
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=10
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=2 RealMemory=2000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=2 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str | None:
    """Why no cluster can start here; None if one can."""
    if lacking := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"no {', '.join(lacking)} here: apt-get install slurmd slurmctld slurm-client munge"
    return None if os.geteuid() == 0 else "SLURM's daemons run as root"


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Start both nodes; yields the environment in which SLURM's commands find them."""
    folder.mkdir(mode=0o700)
    (folder / "state").mkdir()
    controller, first, second = _free_ports(3)
    configuration = folder / "slurm.conf"
    host = socket.gethostname().partition(".")[0]
    values = {"folder": folder, "host": host, "controller": controller, "first": first, "second": second}
    configuration.write_text(CONFIGURATION.format(**values), encoding="utf-8")
    key, sock = folder / "munge.key", folder / "munge.socket"
    subprocess.run(["mungekey", "--create", f"--keyfile={key}"], check=True)
    munge = ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={sock}", f"--pid-file={folder}/munge.pid"]
    munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed"]
    # n1 and n2 are no host names, so processes on them need the address.
    environment = {**os.environ, "SLURM_CONF": str(configuration), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_ports(1)[0])}
    daemons = []
    try:
        for command in (munge, ["slurmctld", "-D"], ["slurmd", "-D", "-N", "n1"], ["slurmd", "-D", "-N", "n2"]):
            daemons.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            while command is munge and not sock.exists():
                assert daemons[0].poll() is None, text(folder / "munge.log")
                time.sleep(0.1)
        idle = ("sinfo", "-h", "-o", "%t %D")
        await_true(lambda: _output(environment, *idle) == "idle 2", 60, folder / "slurmctld.log")
        yield environment
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait()


def submitted(environment: dict[str, str], checkout: Path, *arguments: str) -> str:
    """Submit a job that runs in the checkout and logs to job.txt; returns its number."""
    command = ["sbatch", "--parsable", f"--chdir={checkout}", f"--output={checkout}/job.txt", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def queued(environment: dict[str, str], job: str) -> bool:
    """Whether the job waits or runs."""
    return bool(_output(environment, "squeue", "-h", "-j", job))


def await_end(environment: dict[str, str], job: str, log: Path) -> None:
    """Wait until the job has left the queue."""
    await_true(lambda: not queued(environment, job), 600, log)


def _output(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout.strip()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]
