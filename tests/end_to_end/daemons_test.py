#!/usr/bin/env python3
"""Four daemons under mpirun, with a real gRPC client, real scrapes, and real signals."""

import json
import os
import re
import signal
import subprocess
import time
import unittest

import harness
from harness import EndToEndTest, wake_ups_of, mpirun, program, samples_of, scrape, sum_of

DAEMONS = 4
FABRIC = "ualink-pod-72"
ALL_TO_ALL = ("run", "all_to_all", "-b", "1K", "-e", "16M", "-f", "4", "--format", "json")


class DaemonsTest(EndToEndTest):
    def start_daemons(self, *flags, daemons=DAEMONS, fabric=FABRIC):
        """Returns when all serve; the job has `control` and `metrics`, addresses by daemon."""
        job = self.start(mpirun(
            daemons, program("upfabricd"), "--fabric", fabric, "--address-file",
            "addresses.json", *flags))
        path = os.path.join(job.folder, "addresses.json")
        harness.wait_until(lambda: os.path.exists(path) or job.process.poll() is not None, 60,
                           "address file")
        self.assertIsNone(job.process.poll(), job.stderr)
        with open(path, encoding="utf-8") as stream:
            addresses = json.load(stream)
        job.control = [entry["labels"]["__control_address"] for entry in addresses]
        job.metrics = [entry["targets"][0] for entry in addresses]
        return job

    def assert_ends(self, job, status, seconds=20):
        self.assertEqual(job.wait(seconds), status, job.stderr)
        self.assert_nothing_left(job)


class DaemonRunTest(DaemonsTest):
    def test_daemons_give_the_bytes_of_one_process(self):
        job = self.start_daemons()
        alone = self.upfabric(*ALL_TO_ALL, "--fabric", FABRIC)
        for address in job.control[:2]:
            run = self.upfabric(*ALL_TO_ALL, "--connect", address)
            self.assert_done(run)
            self.assertEqual(run.stdout, alone.stdout)
        jitter = ("run", "all_to_all", "-b", "1M", "-e", "1M", "--jitter", "3", "--format", "csv")
        alone = self.upfabric(*jitter, "--fabric", FABRIC)
        run = self.upfabric(*jitter, "--connect", job.control[1])
        self.assert_done(run)
        self.assertEqual(run.stdout, alone.stdout)
        status = self.upfabric("status", "--connect", job.control[3])
        self.assert_done(status)
        self.assertIn(FABRIC, status.stdout)
        self.assert_done(self.upfabric("stop", "--connect", job.control[2]))
        self.assert_ends(job, 0)

    def test_a_flipped_byte_in_one_mpi_message_is_seen_and_named(self):
        job = self.start_daemons("--test-flip-payload", "3", daemons=2, fabric="hgx-h100")
        run = self.upfabric("run", "all_reduce", "-b", "1M", "-e", "1M", "--format", "json",
                            "--connect", job.control[1])
        self.assertEqual(run.status, 1, run.stderr)
        self.assertGreater(json.loads(run.stdout)["rows"][0]["wrong"], 0)
        self.assertRegex(run.stderr, r"\d+>\d+#0x[0-9a-f]+")
        again = self.upfabric("run", "all_reduce", "-b", "1M", "-e", "1M", "--format", "json",
                              "--connect", job.control[1])
        self.assert_done(again)

    def test_a_bad_request_leaves_the_daemons_serving(self):
        job = self.start_daemons(daemons=2)
        self.assert_one_line(
            self.upfabric("run", "all_reduce", "-g", "73", "--connect", job.control[0]), 2, "73")
        self.assert_done(self.upfabric("run", "all_reduce", "-b", "1K", "-e", "1K", "--connect",
                                       job.control[0]))


class MetricsTest(DaemonsTest):
    def test_promtool_accepts_every_page(self):
        job = self.start_daemons()
        self.assert_done(self.upfabric("run", "all_reduce", "-b", "1K", "-e", "4K", "-f", "2",
                                       "--connect", job.control[0]))
        for address in job.metrics:
            checked = subprocess.run(["promtool", "check", "metrics"], input=scrape(address),
                                     text=True, capture_output=True, check=False)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    # Small fabric, large messages: many operations pass between two scrapes, and the window that an
    # operation ends in, which counts whole, is small beside it.
    def test_rates_of_bytes_over_virtual_time_are_the_bandwidth(self):
        size, fabric, endpoints = "16M", "hgx-h100", 8
        alone = self.upfabric("run", "all_to_all", "--fabric", fabric, "-b", size, "-e", size,
                              "--format", "json")
        self.assert_done(alone)
        expected = json.loads(alone.stdout)["rows"][0]["busbw_GBps"]
        job = self.start_daemons("--loop", "all_to_all", "--bytes", size, fabric=fabric)

        def totals():
            pages = [samples_of(scrape(address)) for address in job.metrics]
            sent = sum(sum_of(page, "upfabric_channel_payload_bytes_total",
                              'direction="to_switch"') for page in pages)
            times = [sum_of(page, "upfabric_virtual_time_seconds_total") for page in pages]
            planes = {plane for page in pages for (name, labels) in page
                      if name == "upfabric_channel_payload_bytes_total"
                      for plane in re.findall(r'plane="(\d+)"', labels)}
            return sent, sum(times) / len(times), planes

        harness.wait_until(lambda: totals()[1] > 0, 30, "virtual time passes")
        bytes_before, time_before, _ = totals()
        time.sleep(8)
        bytes_after, time_after, planes = totals()
        measured = (bytes_after - bytes_before) / (time_after - time_before) / endpoints / 1e9
        self.assertAlmostEqual(measured / expected, 1, delta=0.02)
        self.assertEqual(len(planes), 4)


class QuietTest(DaemonsTest):
    def test_idle_daemons_hardly_wake_up(self):
        """A wake-up takes 10 to 40 us, so 100 a second are under half a percent of a core."""
        job = self.start_daemons()
        pids = job.pids("upfabricd")
        self.assertEqual(len(pids), DAEMONS)
        time.sleep(2)
        rates = []
        for _ in range(3):  # others may disturb one of them
            before, start = sum(map(wake_ups_of, pids)), time.monotonic()
            time.sleep(5)
            woken = sum(map(wake_ups_of, pids)) - before
            rates.append(woken / (time.monotonic() - start) / DAEMONS)
        self.assertLess(min(rates), 130, rates)


class BusyTest(DaemonsTest):
    def test_daemons_finish_beside_busy_loops(self):
        job = self.start_daemons()
        for _ in range(os.cpu_count()):
            self.start(["bash", "-c", "while :; do :; done"])
        run = self.upfabric("run", "all_to_all", "-b", "1M", "-e", "1M", "--connect",
                            job.control[0], seconds=200)
        self.assert_done(run)


class EndingTest(DaemonsTest):
    def test_sigterm_to_mpirun_ends_all_cleanly(self):
        job = self.start_daemons()
        job.process.send_signal(signal.SIGTERM)
        job.wait(20)
        self.assert_nothing_left(job)

    def test_sigterm_to_one_daemon_ends_all_cleanly(self):
        job = self.start_daemons()
        os.kill(job.pids("upfabricd")[1], signal.SIGTERM)
        self.assert_ends(job, 0)

    def test_a_killed_daemon_ends_the_run_and_the_job(self):
        job = self.start_daemons("--peer-timeout", "3s")
        run = self.start([program("upfabric"), "run", "all_to_all", "-b", "64M", "-e", "1G", "-f",
                          "2", "-c", "0", "--payload", "none", "--granularity", "packet",
                          "--connect", job.control[0]])
        harness.wait_until(
            lambda: 'upfabric_run_active 1' in scrape(job.metrics[0]), 30, "run is active")
        os.kill(job.pids("upfabricd")[2], signal.SIGKILL)
        self.assertEqual(run.wait(30), 3, run.stderr)
        self.assertEqual(len(harness.own_lines(run.stderr)), 1, run.stderr)
        self.assertNotEqual(job.wait(30), 0)
        self.assert_nothing_left(job)

    def test_a_port_in_use(self):
        first = self.start_daemons(daemons=1)
        second = self.run_command(mpirun(
            2, program("upfabricd"), "--fabric", FABRIC, "--listen", first.control[0]), seconds=30)
        self.assert_one_line(second, 2, first.control[0])

    def test_an_unknown_fabric(self):
        self.assert_one_line(
            self.run_command(mpirun(2, program("upfabricd"), "--fabric", "nvl73"), seconds=30), 2,
            "nvl73")


if __name__ == "__main__":
    unittest.main()
