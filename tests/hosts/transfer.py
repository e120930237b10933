#!/usr/bin/python3
"""A plain socket that is kept full: what a link carries.

    transfer.py receive ADDRESS             # prints a free port, then {"bytes", "seconds"} of one connection
    transfer.py send ADDRESS PORT SECONDS   # sends for so long

Every wait is bounded.
"""
import json
import socket
import sys
import time

WAIT_SECONDS = 30
BUFFER_BYTES = 1 << 20


def receive(address):
    buffer = memoryview(bytearray(BUFFER_BYTES))
    with socket.create_server((address, 0)) as server:
        server.settimeout(WAIT_SECONDS)
        print(server.getsockname()[1], flush=True)
        connection, _ = server.accept()
    with connection:
        connection.settimeout(WAIT_SECONDS)
        # The first bytes start the clock and are not counted.
        connection.recv_into(buffer)
        start, total = time.monotonic(), 0
        while count := connection.recv_into(buffer):
            total += count
            end = time.monotonic()
    print(json.dumps({"bytes": total, "seconds": end - start}), flush=True)


def send(address, port, seconds):
    buffer = bytes(BUFFER_BYTES)
    with socket.create_connection((address, int(port)), timeout=WAIT_SECONDS) as connection:
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            connection.sendall(buffer)


if __name__ == "__main__":
    {"receive": receive, "send": send}[sys.argv[1]](*sys.argv[2:])
