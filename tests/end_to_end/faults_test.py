#!/usr/bin/env python3
"""Pulling cables: faults from files and faults injected into running daemons."""

import json
import os
import unittest

import harness
from daemons_test import DaemonsTest
from harness import EndToEndTest, own_lines, samples_of, scrape, sum_of

SENT = "upfabric_channel_payload_bytes_total"
CLOCK = "upfabric_virtual_time_seconds_total"


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path


def planes_down(planes, when):
    lines = [f"  - {{time: {when}, plane_down: {{plane: {plane}}}}}" for plane in range(planes)]
    return "faults:\n" + "\n".join(lines) + "\n"


class FaultFileTest(EndToEndTest):
    RUN = ("run", "all_reduce", "--fabric", "hgx-h100", "-b", "256K", "-e", "1M", "-f", "2",
           "--format", "json")

    def setUp(self):
        self.folder = self.start(["true"]).folder

    def test_a_bad_file_is_one_line_on_any_number_of_processes(self):
        path = write(self.folder, "bad.yaml", "faults:\n  - {time: 1us, plane_down: {plane: -1}}\n")
        for processes in (0, 2):
            self.assert_one_line(self.upfabric(*self.RUN, "--faults", path, processes=processes),
                                 2, "bad.yaml:2: faults[0].plane_down.plane")
        path = write(self.folder, "far.yaml", planes_down(5, "1us"))
        for processes in (0, 2):
            self.assert_one_line(self.upfabric(*self.RUN, "--faults", path, processes=processes),
                                 2, "--faults: faults[4]: plane 4 is out of range")

    def test_without_a_link_the_run_fails_and_says_so_once(self):
        path = write(self.folder, "dark.yaml", planes_down(4, "2us"))
        alone = self.upfabric(*self.RUN, "--faults", path)
        self.assert_one_line(alone, 1, "no link is left from gpu", "since 2us")
        several = self.upfabric(*self.RUN, "--faults", path, processes=3)
        self.assert_one_line(several, 1)
        self.assertEqual(own_lines(several.stderr), own_lines(alone.stderr))

    def test_a_leak_that_blocks_ends_with_an_autopsy(self):
        path = write(self.folder, "leak.yaml",
                     "faults:\n  - {time: 0ps, credit_leak: {target: {endpoint: 3, link: 5}, "
                     "to_switch: true, space: 1GiB}}\n")
        alone = self.upfabric(*self.RUN, "--faults", path)
        self.assertEqual(alone.status, 4, alone.stderr)
        self.assertRegex(alone.stderr, r"(?m)^rank 0 .*waits for message 3>0#")
        self.assertRegex(alone.stderr, r"(?m)^gpu3:5>sw1:0 waits for credits; \d+ B of them have")
        several = self.upfabric(*self.RUN, "--faults", path, processes=3)
        self.assertEqual(several.status, 4, several.stderr)
        self.assertEqual(own_lines(several.stderr), own_lines(alone.stderr))


class InjectTest(DaemonsTest):
    """A run that somebody pulls cables in can be repeated, by one process and by several."""

    RUN = ("run", "all_to_all", "-b", "256M", "-e", "512M", "-f", "2", "-c", "0", "--payload",
           "none", "--granularity", "packet", "--format", "json")

    def inject(self, job, *words, daemon=0):
        return self.upfabric("inject", "--connect", job.control[daemon], *words)

    def test_an_injected_run_repeats_from_its_record(self):
        job = self.start_daemons(fabric="hgx-h100", daemons=3)
        idle = self.inject(job, "slow", "gpu2", "--injection", "1.5", daemon=2)
        self.assert_done(idle)
        self.assertEqual(idle.stdout, "stands from the next row on\n")
        record = os.path.join(job.folder, "record.json")
        run = self.start([harness.program("upfabric"), *self.RUN, "--connect", job.control[0],
                          "--record-faults", record])
        # A run is active before its first row has begun, and what comes then waits for that row.
        harness.wait_until(lambda: sum_of(samples_of(scrape(job.metrics[0])), CLOCK) > 0, 30,
                           "virtual time passes")
        said = [self.inject(job, "plane-down", "1", daemon=1), self.inject(job, "lanes", "gpu3:5",
                                                                           "1")]
        for injected in said:
            self.assert_done(injected)
            self.assertRegex(injected.stdout, r"^applied in run-1, row \d, at [\d.]+[numps]*s\n$")
        refused = self.inject(job, "link-down", "gpu9:5")
        self.assert_one_line(refused, 2, "endpoint 9 is out of range; allowed is 0 to 7")
        self.assertEqual(run.wait(120), 0, run.stderr)
        result = json.loads(run.stdout)
        self.assertEqual([sorted(set(fault) - {"time", "row"}) for fault in result["faults"]],
                         [["slow_endpoint"], ["plane_down"], ["lanes"]])
        for processes in (0, 2):
            again = self.upfabric(*self.RUN, "--fabric", "hgx-h100", "--faults", record,
                                  processes=processes)
            self.assert_done(again)
            self.assertEqual(again.stdout, run.stdout)
        for address in job.control:
            status = self.upfabric("status", "--connect", address)
            self.assertIn("standing faults: gpu2 slow injection x1.5, plane 1 down, gpu3:5 1 lanes",
                          status.stdout)

    def test_what_the_row_cannot_do_without_is_refused(self):
        job = self.start_daemons(fabric="hgx-h100", daemons=2)
        path = write(job.folder, "two.yaml", "faults:\n  - {plane_down: {plane: 0}}\n"
                                             "  - {plane_down: {plane: 7}}\n")
        self.assert_one_line(self.inject(job, "--file", path), 2,
                             "faults[1]: plane 7 is out of range")
        self.assertIn("standing faults: none",
                      self.upfabric("status", "--connect", job.control[1]).stdout)
        for plane in range(4):
            self.assert_done(self.inject(job, "plane-down", str(plane)))
        run = ("run", "all_reduce", "-b", "1M", "-e", "1M", "--connect", job.control[1])
        self.assert_one_line(self.upfabric(*run), 1, "no link is left from gpu0 to gpu1 at 0ps")
        self.assert_done(self.inject(job, "plane-up", "2"))
        self.assert_done(self.upfabric(*run))


# The drill: bandwidth is the ratio of two counters, over all daemons. All links carry the same, so
# of 18 planes 17 are left.
class DrillTest(DaemonsTest):
    FABRIC = "gb200-nvl72"
    LOOP = """{collective: all_reduce, sizes_bytes: [33554432], endpoints: %s, type: float32,
 op: sum, root: -1, algorithm: auto, software: ideal, payload: none, timing: isolated,
 iterations: 1, granularity: train}
""" % list(range(72))
    # Of virtual time: ten operations and more.
    LONG_ENOUGH = 1e-3

    def bandwidth(self, job):
        """Payload bytes by virtual second, of all daemons; each scrape is of one window."""
        def totals():
            pages = [samples_of(scrape(address)) for address in job.metrics]
            return [(sum_of(page, SENT, 'direction="to_switch"'), sum_of(page, CLOCK))
                    for page in pages]
        before = totals()
        harness.wait_until(lambda: totals()[0][1] > before[0][1] + self.LONG_ENOUGH, 30,
                           "virtual time passes")
        return sum((sent - sent_before) / (clock - clock_before) for
                   (sent_before, clock_before), (sent, clock) in zip(before, totals()))

    def inject(self, job, *words):
        done = self.upfabric("inject", "--connect", job.control[3], *words)
        self.assert_done(done)
        self.assertRegex(done.stdout, r"applied in loop, row 1, at|stands from the next row on")

    def test_a_plane_is_pulled_and_plugged_again(self):
        loop = write(self.start(["true"]).folder, "loop.yaml", self.LOOP)
        job = self.start_daemons("--loop", loop, fabric=self.FABRIC)
        whole = self.bandwidth(job)
        self.inject(job, "plane-down", "4")
        self.assertAlmostEqual(self.bandwidth(job) / whole, 17 / 18, delta=0.01)
        self.assertIn("standing faults: plane 4 down",
                      self.upfabric("status", "--connect", job.control[0]).stdout)
        self.assertGreater(sum_of(samples_of(scrape(job.metrics[0])), "upfabric_faults_total"), 0)
        self.inject(job, "plane-up", "4")
        self.assertAlmostEqual(self.bandwidth(job) / whole, 1, delta=0.01)

        def replays():
            return sum(sum_of(samples_of(scrape(address)), "upfabric_channel_replays_total",
                              'endpoint="3"') for address in job.metrics)
        before = replays()
        self.inject(job, "error-rate", "gpu3:5", "1e-4")
        harness.wait_until(lambda: replays() > before + 100, 10, "replays are counted")


if __name__ == "__main__":
    unittest.main()
