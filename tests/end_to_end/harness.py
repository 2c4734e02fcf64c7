"""Starts the built programs as a user would, and leaves nothing running.

Every process started for a test carries a mark of its own in its environment, which its children
inherit. So what is left of a test is found in /proc and ended by its id, whoever its parent is.
"""

import os
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request
import uuid

PROGRAMS = os.environ["UPFABRIC_PROGRAMS"]
MARK = "UPFABRIC_TEST_MARK"


def mpirun(processes, *command):
    return ["mpirun", "--oversubscribe", "--bind-to", "none", "-np", str(processes), *command]


def program(name):
    return os.path.join(PROGRAMS, name)


def wait_until(condition, seconds, what):
    """Polls; returns the first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def wake_ups_of(pid):
    """How often the threads of a process have been given a core."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as stream:
            total += int(stream.read().split()[2])
    return total


class Job:
    """A command with all processes that come from it. Its output goes to files."""

    def __init__(self, command, environment=None):
        self.mark = uuid.uuid4().hex
        self.folder = tempfile.mkdtemp(prefix="upfabric-test-")
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("UPFABRIC_", "NCCL_"))}
        with open(self._path("stdout"), "wb") as out, open(self._path("stderr"), "wb") as err:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.folder,
                start_new_session=True,
                env={**inherited, "OMPI_ALLOW_RUN_AS_ROOT": "1",
                     "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "LC_ALL": "C",
                     **(environment or {}), MARK: self.mark})

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _read(self, name):
        with open(self._path(name), encoding="utf-8", errors="replace") as stream:
            return stream.read()

    @property
    def stdout(self):
        return self._read("stdout")

    @property
    def stderr(self):
        return self._read("stderr")

    def pids(self, name=None):
        """Processes of this job that are alive, zombies left out."""
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/environ", "rb") as stream:
                    if wanted not in stream.read().split(b"\0"):
                        continue
                with open(f"/proc/{entry}/stat", encoding="ascii") as stream:
                    stat = stream.read()
            except OSError:
                continue
            command = stat[stat.index("(") + 1:stat.rindex(")")]
            if stat.rsplit(")", 1)[1].split()[0] != "Z" and name in (None, command):
                found.append(int(entry))
        return sorted(found)

    def wait(self, seconds):
        """Returns the exit status; fails the test when there is none in time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            text = f"no end within {seconds} s; stdout:\n{self.stdout}\nstderr:\n{self.stderr}"
            self.end()
            raise AssertionError(text) from None

    def end(self):
        """Ends what is left, and says which processes that were."""
        left = self.pids()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        return left


class EndToEndTest(unittest.TestCase):
    def start(self, command, environment=None):
        job = Job(command, environment)
        self.addCleanup(job.end)
        return job

    def run_command(self, command, environment=None, seconds=120):
        """Runs to the end. Nothing may be left running."""
        job = self.start(command, environment)
        job.status = job.wait(seconds)
        self.assert_nothing_left(job)
        return job

    def upfabric(self, *arguments, processes=0, environment=None, seconds=120):
        """`upfabric ARGUMENTS`, under mpirun where `processes` is not 0."""
        command = [program("upfabric"), *arguments]
        if processes:
            command = mpirun(processes, *command)
        return self.run_command(command, environment, seconds)

    def assert_done(self, job):
        self.assertEqual(job.status, 0, job.stderr)

    def assert_nothing_left(self, job):
        wait_until(lambda: not job.pids(), 5, f"{job.process.args[0]} leaves nothing running")

    def assert_one_line(self, job, status, *words):
        """A user's mistake: the exit code, nothing on stdout, one line on stderr with the words."""
        self.assertEqual(job.status, status, job.stderr)
        self.assertEqual(job.stdout, "")
        lines = own_lines(job.stderr)
        self.assertEqual(len(lines), 1, job.stderr)
        for word in words:
            self.assertIn(word, lines[0])


def own_lines(text):
    """Without what mpirun adds when a process fails."""
    lines = []
    inside = False
    for line in text.splitlines():
        if line.startswith("-" * 20):
            inside = not inside
        elif not inside and line.strip():
            lines.append(line)
    return lines


def scrape(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as response:
        return response.read().decode()


def samples_of(exposition):
    """{(name, labels as printed): value}"""
    samples = {}
    for line in exposition.splitlines():
        if line and not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            name, _, labels = series.partition("{")
            samples[(name, labels.rstrip("}"))] = float(value)
    return samples


def sum_of(samples, name, label=""):
    return sum(value for (series, labels), value in samples.items()
               if series == name and label in labels)
