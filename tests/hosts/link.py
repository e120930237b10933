"""A shaped link between the hosts of a bed, and what it carries.

    link.shape(hosts)                     # 1 Gbit/s out of every host, half a millisecond each way
    link.measure(hosts[0], hosts[1], 1.0) # payload bytes per second of a plain socket
    link.bytes_out(hosts[0])              # what the interface has sent, headers included

On such a link a speed is a property of what is sent over it, not of the machine, as long as the machine is faster.
"""
import json
import os
import subprocess
import sys

import bed

RATE = "1gbit"
DELAY = "500us"
DELAY_SECONDS = 0.0005
# Whole 64 KiB packets of TCP's offload pass unsplit.
_BURST = "256kb"
# More than the sockets' buffers hold, so that nothing is ever dropped.
_LIMIT = "32mb"
_LIMIT_PACKETS = "30000"

_TRANSFER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "transfer.py")


def shape(hosts):
    """Shapes the link of each host; returns the delay of each way in seconds, 0 where the kernel has no netem.

    The rate is held where a host sends (tbf), like that of its network card; the delay is added behind it, where the
    bridge hands on to a host (netem). Where nothing is lost, every congestion control does; the hosts use the one that
    a network namespace may always choose, whatever the machine's default is.
    """
    for host in hosts:
        host.run(["sh", "-c", "echo reno > /proc/sys/net/ipv4/tcp_congestion_control"])
        tbf = host.command(["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", RATE, "burst", _BURST,
                            "limit", _LIMIT])
        if not _added(tbf):
            bed.skip("this kernel cannot shape a link (no tbf)")
    for host in hosts:
        if not _added(["tc", "qdisc", "add", "dev", host.port, "root", "netem", "delay", DELAY,
                       "limit", _LIMIT_PACKETS]):
            print("this kernel has no netem: the link has its rate, but no delay", flush=True)
            return 0.0
    return DELAY_SECONDS


def _added(command):
    """Runs tc; False where the kernel does not know what is asked for."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode == 0:
        return True
    if any(words in done.stderr for words in ("kind is unknown", "qdisc not found", "No such file")):
        return False
    raise bed.BedError(f"{' '.join(command)}: {done.stderr.strip()}")


def measure(sender, receiver, seconds):
    """Payload bytes per second that a plain socket carries, by the receiver's clock."""
    listener = receiver.start([sys.executable, "-B", _TRANSFER, "receive", receiver.address],
                              stdout=subprocess.PIPE, text=True)
    try:
        port = listener.stdout.readline().strip()  # its own time limit ends the wait
        sender.run([sys.executable, "-B", _TRANSFER, "send", receiver.address, port, str(seconds)],
                   timeout=30 + 10 * seconds)
        text, _ = listener.communicate(timeout=30)
    finally:
        listener.kill()
        listener.wait()
    received = json.loads(text)
    return received["bytes"] / received["seconds"]


def bytes_out(host):
    """Bytes that the host's interface has sent. (Its /sys shows the machine's interfaces, not its own.)"""
    return _statistics(host)["tx"]["bytes"]


def dropped(host):
    """Packets that the shaped queue has dropped: 0, or the queue limits the link instead of its rate."""
    shown = host.run(["tc", "-json", "-statistics", "qdisc", "show", "dev", "eth0"], capture_output=True, text=True)
    return sum(queue["drops"] for queue in json.loads(shown.stdout))


def _statistics(host):
    shown = host.run(["ip", "-json", "-statistics", "link", "show", "dev", "eth0"], capture_output=True, text=True)
    return json.loads(shown.stdout)[0]["stats64"]
