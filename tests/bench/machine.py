"""The machine and the versions that a published number has to name."""
import os
import platform
import sys

import h5py


def cpu_info(key):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "")


def cpu_flags():
    return set(cpu_info("flags").split())


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30


def description():
    return {"cpu": cpu_info("model name") or platform.machine(), "cores": os.cpu_count(),
            "cores_allowed": len(os.sched_getaffinity(0)), "memory_gib": round(memory_gib(), 1),
            "system": platform.platform(), "load_average_before": round(os.getloadavg()[0], 2)}


def own_versions():
    return {"python": sys.version.split()[0], "h5py": h5py.__version__}
