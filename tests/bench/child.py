"""A peer that stays alive between rounds: a child process that answers one JSON line to each line it is given.

Requests are {"do": "info" | "measure" | "predict", ...}; an answer with the key "error" is a failure.
"""
import json
import queue
import subprocess
import tempfile
import threading

START_SECONDS = 120  # importing PyTorch on a cold and busy machine
CLOSE_SECONDS = 5


class PeerFailed(Exception):
    """The peer said so, died, or did not answer in time."""


class Child:
    def __init__(self, name, command, environment):
        self.name = name
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.stderr, text=True)
        self.lines = queue.Queue()
        # A thread of its own, since a read from a pipe has no timeout.
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def ask(self, request, timeout=START_SECONDS):
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=timeout)
        except queue.Empty as error:
            raise PeerFailed(f"{self.name}: no answer in {timeout:g} s: {self._said()}") from error
        except OSError:
            line = None
        if line is None:
            raise PeerFailed(f"{self.name}: ended: {self._said()}")
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise PeerFailed(f"{self.name}: no answer but {line!r}") from error
        if "error" in answer:
            raise PeerFailed(f"{self.name}: {answer['error']}")
        return answer

    def _said(self):
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")[-2000:].strip()

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(CLOSE_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.stderr.close()
