#!/usr/bin/env python3
"""`upfabric` alone and under mpirun, as a user would type it."""

import json
import os
import re
import tempfile
import unittest

from harness import EndToEndTest, mpirun, program

ALL_TO_ALL = ("run", "all_to_all", "--fabric", "ualink-pod-72", "-b", "1K", "-e", "16M", "-f", "4",
              "--format", "json")


class SameBytesTest(EndToEndTest):
    def test_stdout_is_the_same_on_any_number_of_processes(self):
        alone = self.upfabric(*ALL_TO_ALL)
        self.assert_done(alone)
        self.assertEqual(len(json.loads(alone.stdout)["rows"]), 8)
        for processes in (1, 2, 3, 4, 8):
            with self.subTest(processes=processes):
                job = self.upfabric(*ALL_TO_ALL, processes=processes, seconds=300)
                self.assert_done(job)
                self.assertEqual(job.stdout, alone.stdout)

    def test_jitter_is_the_same_on_one_and_three_processes(self):
        arguments = ("run", "all_to_all", "--fabric", "hgx-h100", "-b", "64K", "-e", "256K", "-f",
                     "4", "--format", "json")
        plain = self.upfabric(*arguments)
        alone = self.upfabric(*arguments, "--jitter", "5")
        three = self.upfabric(*arguments, "--jitter", "5", processes=3)
        self.assert_done(alone)
        self.assert_done(three)
        self.assertEqual(alone.stdout, three.stdout)
        for before, row in zip(json.loads(plain.stdout)["rows"], json.loads(alone.stdout)["rows"]):
            self.assertEqual(before, {name: row[name] for name in before})
            self.assertEqual(row["jitter_repetitions"], 5)
            self.assertLess(row["jitter_min_us"], row["jitter_max_us"])

    def test_a_seed_gives_right_results_too(self):
        arguments = ("run", "all_reduce", "--fabric", "hgx-h100", "-b", "4K", "-e", "4K", "--seed",
                     "7", "--format", "json")
        first, second = self.upfabric(*arguments), self.upfabric(*arguments, processes=2)
        self.assert_done(first)
        self.assertEqual(first.stdout, second.stdout)
        self.assertEqual(json.loads(first.stdout)["rows"][0]["wrong"], 0)


class NvlinkTest(EndToEndTest):
    def test_all_reduce_on_72_is_right_and_as_fast_as_it_should_be(self):
        job = self.upfabric("run", "all_reduce", "--fabric", "gb200-nvl72", "-b", "8", "-e", "64M",
                            "-f", "2", "-c", "1", "--format", "json", seconds=300)
        self.assert_done(job)
        rows = json.loads(job.stdout)["rows"]
        self.assertEqual([row["wrong"] for row in rows], [0] * 24)
        self.assertTrue(0.8 <= rows[0]["time_us"] <= 4, rows[0])
        self.assertTrue(600 <= rows[-1]["busbw_GBps"] <= 900, rows[-1])

    def test_compare_says_how_much_and_why(self):
        job = self.upfabric("compare", "all_reduce,all_to_all", "--fabric", "gb200-nvl72",
                            "--fabric", "ualink-pod-72", "--fabric", "helios-72-ualoe", "-b", "1K",
                            "-e", "1M", "-f", "4")
        self.assert_done(job)
        for word in ("gb200-nvl72", "ualink-pod-72", "helios-72-ualoe", "why", "ideal"):
            self.assertIn(word, job.stdout.lower())


class ScenarioTest(EndToEndTest):
    TASKS = """
workload:
  rank_times: true
  tasks:
    - {name: grads, collective: COLLECTIVE_ALL_REDUCE, bytes: 1048576, compute: 2us}
    - {name: nvls, collective: COLLECTIVE_ALL_REDUCE, bytes: 65536, algorithm: in_switch,
       endpoints: [{first: 8, count: 16}]}
    - {name: tokens, collective: COLLECTIVE_ALL_TO_ALL, bytes: 65536, endpoints: [{count: 8}],
       after: [grads]}
"""

    def test_the_same_bytes_on_any_number_of_processes(self):
        with tempfile.TemporaryDirectory(prefix="upfabric-test-") as folder:
            path = os.path.join(folder, "tasks.yaml")
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(self.TASKS)
            texts = set()
            for processes in (0, 1, 3):
                job = self.upfabric("run", "--fabric", "gb200-nvl72", "--scenario", path,
                                    "--format", "json", processes=processes)
                self.assert_done(job)
                texts.add(job.stdout)
        self.assertEqual(len(texts), 1)
        rows = json.loads(texts.pop())["rows"]
        self.assertEqual([row["wrong"] for row in rows], [0, 0, 0])


class ShareTest(EndToEndTest):
    ARGUMENTS = ("run", "all_to_all", "--fabric", "gb200-nvl72", "-b", "4M", "-e", "4M", "--stats",
                 "--format", "json")

    def shares(self, processes):
        job = self.upfabric(*self.ARGUMENTS, processes=processes)
        self.assert_done(job)
        shares = re.findall(r"process \d+: (\d+) hops, fabric ([\d.]+) MB", job.stderr)
        return json.loads(job.stdout), [(int(hops), float(size)) for hops, size in shares]

    def test_each_of_four_has_its_part_of_work_and_memory(self):
        result, (alone,) = self.shares(0)
        same, shares = self.shares(4)
        self.assertEqual(result, same)
        self.assertEqual(len(shares), 4)
        self.assertEqual(sum(hops for hops, _ in shares), result["hops"])
        self.assertEqual(alone[0], result["hops"])
        for hops, size in shares:
            self.assertGreater(hops, 0)
            self.assertLessEqual(size, 0.4 * alone[1])


class PathElementsTest(EndToEndTest):
    """A file with one element more or less: the unloaded path changes by that element's figure."""

    FIGURE = "{value: %s, confidence: estimate, note: a test}"

    def file_with(self, *changes):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(here, "../../fabric/presets/ualink-pod-72.yaml"),
                  encoding="utf-8") as stream:
            text = stream.read()
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text, count=1)
            self.assertEqual(count, 1, pattern)
        folder = tempfile.TemporaryDirectory(prefix="upfabric-test-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "fabric.yaml")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def path_ns(self, *changes):
        job = self.upfabric("show", self.file_with(*changes), "--format", "json")
        self.assert_done(job)
        return round(json.loads(job.stdout)["unloaded_path_ns"], 3)

    def test_each_changes_the_latency_by_its_figure(self):
        built = self.path_ns()
        retimer = "  - {name: r, latency: %s}\n" % (self.FIGURE % "3ns")
        one, two = ((r"(?m)^  medium:$", "  retimers:\n" + retimer * count + "  medium:")
                    for count in (1, 2))
        # Two links in a path.
        self.assertAlmostEqual(self.path_ns(one) - built, 2 * 3, 6)
        self.assertAlmostEqual(self.path_ns(two) - built, 2 * 6, 6)
        without_fec = (r"(?ms)^  fec:$.*?^(?=  medium:)", "")
        self.assertAlmostEqual(self.path_ns(without_fec) - built, -2 * (25.6 + 40), 6)
        fiber = (r"(?ms)^    delay:$.*?^(?=    length:)",
                 "    delay: %s\n    latency: %s\n" % (self.FIGURE % "4.9ns/m",
                                                      self.FIGURE % "5ns"))
        self.assertAlmostEqual(self.path_ns(fiber) - built, 2 * (2 * (4.9 - 4.6) + 5), 6)

    def test_a_length_above_the_reach_is_refused(self):
        longer = (r"(?ms)(^    length:$.*?value: )2m", r"\g<1>4.5m")
        self.assert_one_line(self.upfabric("show", self.file_with(longer)), 2, "fabric.yaml:",
                             "link.medium.length", "4.5m", "at most 4m")

    def test_bit_errors_are_corrected_or_seen(self):
        rate = r"(?ms)^    flit_error_rate:$.*?^(?=    flit:)", ""
        medium = (r"(?m)^  medium:$", "  medium:\n    bit_error_rate: " + self.FIGURE)
        few = self.upfabric("show", self.file_with(rate, (medium[0], medium[1] % "1e-5")))
        self.assert_done(few)
        self.assertIn("a flit of 640 B fails with 2.14e-34 after FEC", few.stdout)
        many = self.upfabric("show", self.file_with(rate, (medium[0], medium[1] % "0.01")))
        self.assert_one_line(many, 2, "bit_error_rate", "1/100")


class BadInputTest(EndToEndTest):
    RUN = ("run", "all_reduce", "--fabric")

    def test_unknown_fabric(self):
        self.assert_one_line(self.upfabric(*self.RUN, "gb200-nvl73"), 2, "gb200-nvl73",
                             "gb200-nvl72")

    def test_unknown_fabric_under_mpirun_says_so_once(self):
        self.assert_one_line(self.upfabric(*self.RUN, "gb200-nvl73", processes=3), 2,
                             "gb200-nvl73")

    def test_negative_latency_in_a_file(self):
        shown = self.upfabric("show", "hgx-h100", "--format", "json")
        self.assert_done(shown)
        path = shown.folder + "/mine.yaml"
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(self.fabric_with_pipeline("-100ns"))
        self.assert_one_line(self.upfabric(*self.RUN, path), 2, "mine.yaml:", "pipeline", "-100ns")

    @staticmethod
    def fabric_with_pipeline(latency):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(here, "../../fabric/presets/hgx-h100.yaml"),
                  encoding="utf-8") as stream:
            text = stream.read()
        changed, count = re.subn(r"(pipeline:\s*\{?\s*(?:\n\s*)?value:\s*)\"?[^,}\"\n]+\"?",
                                 rf'\g<1>"{latency}"', text, count=1)
        assert count == 1, text
        return changed

    def test_bad_size(self):
        self.assert_one_line(self.upfabric(*self.RUN, "hgx-h100", "-b", "1X"), 2, "-b", "1X")

    def test_bad_jitter(self):
        for count in ("0", "1001", "many"):
            self.assert_one_line(self.upfabric(*self.RUN, "hgx-h100", "--jitter", count), 2,
                                 "--jitter", count, "1 to 1000")

    def test_more_ranks_than_endpoints(self):
        self.assert_one_line(self.upfabric(*self.RUN, "gb200-nvl72", "-g", "73"), 2, "73", "72")

    def test_no_daemon(self):
        self.assert_one_line(
            self.upfabric("run", "all_reduce", "--connect", "127.0.0.1:1", seconds=30), 3,
            "127.0.0.1:1")

    def test_unknown_command(self):
        self.assert_one_line(self.upfabric("frobnicate"), 2, "frobnicate")


class NcclTestsNamesTest(EndToEndTest):
    def test_all_reduce_perf_under_mpirun(self):
        job = self.run_command(
            mpirun(8, program("all_reduce_perf"), "-b", "8", "-e", "64M", "-f", "2"),
            {"UPFABRIC_FABRIC": "hgx-h100"}, seconds=300)
        self.assert_done(job)
        rows = re.findall(r"(?m)^ +\d+ .* float +sum +-1 ", job.stdout)
        self.assertEqual(len(rows), 24, job.stdout)
        self.assertIn("# Out of bounds values : 0 OK", job.stdout)
        self.assertRegex(job.stdout, r"# Avg bus bandwidth    : \d+")

    def test_a_bandwidth_gate_that_is_missed_fails(self):
        job = self.run_command(
            [program("alltoall_perf"), "-g", "8", "-b", "1M", "-e", "1M", "--fabric", "hgx-h100"],
            {"NCCL_TESTS_MIN_BW": "100000"})
        self.assertEqual(job.status, 1, job.stderr)
        self.assertIn("FAILED", job.stdout)


if __name__ == "__main__":
    unittest.main()
