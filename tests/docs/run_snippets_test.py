#!/usr/bin/env python3
"""The runner of snippets sees what differs, and nothing else."""

import os
import tempfile
import unittest

import run_snippets


def block(*lines):
    return "\n".join(["text", "```console run", *lines, "```", "text", ""])


class RunSnippetsTest(unittest.TestCase):
    def complaints(self, text):
        with tempfile.TemporaryDirectory() as root:
            return list(run_snippets.complaints_of_snippets("a.md", text, root, root)) + list(
                run_snippets.complaints_of_links("a.md", text, root))

    def test_equal_output_passes(self):
        self.assertEqual(self.complaints(block("$ echo one", "one", "$ true", "$ echo two", "two")),
                         [])

    def test_other_output_is_shown_with_its_place(self):
        complaints = self.complaints(block("$ true", "$ echo one", "two"))
        self.assertEqual(len(complaints), 1)
        self.assertIn("a.md:4: $ echo one", complaints[0])
        self.assertIn("-two\n+one", complaints[0])

    def test_dots_stand_for_any_lines(self):
        self.assertEqual(self.complaints(block("$ seq 9", "1", "...", "8", "9")), [])
        self.assertEqual(len(self.complaints(block("$ seq 9", "1", "...", "8"))), 1)

    def test_failure_must_be_written(self):
        self.assertEqual(self.complaints(block("$ exit 3", "[exit 3]")), [])
        self.assertEqual(len(self.complaints(block("$ exit 3"))), 1)

    def test_standard_error_counts(self):
        self.assertEqual(self.complaints(block("$ echo one >&2", "one")), [])

    def test_a_command_may_go_on(self):
        self.assertEqual(self.complaints(block("$ echo one \\", "> two", "one two")), [])

    def test_other_blocks_are_left_alone(self):
        self.assertEqual(self.complaints("```console\n$ false\n```\n"), [])

    def test_programs_come_first(self):
        with tempfile.TemporaryDirectory() as root:
            program = os.path.join(root, "ls")
            with open(program, "w", encoding="utf-8") as stream:
                stream.write("#!/bin/sh\necho ours\n")
            os.chmod(program, 0o755)
            self.assertEqual(list(run_snippets.complaints_of_snippets(
                "a.md", block("$ ls", "ours"), root, root)), [])

    def test_links_lead_somewhere(self):
        self.assertEqual(self.complaints("[a](http://x) [b](#c) [root](.)\n```\n[x](y)\n```\n"), [])
        self.assertEqual(self.complaints("\n[a](gone.md)\n"), ["a.md:2: gone.md does not exist"])

    def test_tests_that_are_named_exist(self):
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "a_test.cc"), "w", encoding="utf-8") as stream:
                stream.write("TEST(OneTest, Holds) {\n")
                stream.write("TEST_P(\n    TwoTest, Holds) {\n// TEST(No, No)\n")
            tests = run_snippets.tests_of(root)
        self.assertEqual(tests, {"OneTest.Holds", "TwoTest.Holds"})
        self.assertEqual(list(run_snippets.complaints_of_tests(
            "a.md", "`OneTest.Holds`\n`TwoTest.Holds`, `TwoTest.Gone` or `Test.cc`\n", tests)),
            ["a.md:2: there is no test TwoTest.Gone"])


if __name__ == "__main__":
    unittest.main()
