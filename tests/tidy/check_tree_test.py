#!/usr/bin/env python3
"""The checker finds what is planted, and nothing in a tree without fault."""

import unittest

import check_tree

GOOD_HEADER = """// One direction of a link.

#ifndef UPFABRIC_FABRIC_MODEL_LINK_H_
#define UPFABRIC_FABRIC_MODEL_LINK_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "fabric/base/units.h"

#endif  // UPFABRIC_FABRIC_MODEL_LINK_H_
"""


def good_tree():
    return {
        "fabric/README.md": "# fabric\n",
        "fabric/CMakeLists.txt": "upf_library(upf_model HDRS model/link.h SRCS model/link.cc)\n",
        "fabric/model/link.h": GOOD_HEADER,
        "fabric/model/link.cc": '#include "fabric/model/link.h"\n',
    }


class CheckTreeTest(unittest.TestCase):
    def complaints_with(self, changes):
        tree = good_tree()
        tree.update(changes)
        return check_tree.complaints_of(tree)

    def assert_found(self, changes, *words):
        complaints = self.complaints_with(changes)
        self.assertEqual(len(complaints), 1, complaints)
        for word in words:
            self.assertIn(word, complaints[0])

    def assert_body_found(self, body, *words):
        self.assert_found({"fabric/model/link.cc": body}, "fabric/model/link.cc", *words)

    def test_a_tree_without_fault_is_clean(self):
        self.assertEqual(self.complaints_with({}), [])

    def test_layers_do_not_include_upwards(self):
        self.assert_body_found('#include "collectives/job.h"\n', "link.cc:1", "must not")
        self.assert_body_found('#include "fabric/api/fabric.h"\n', "must not")
        self.assert_body_found('\n#include "upfabric/v1/fabric.pb.h"\n', "link.cc:2", "must not")
        self.assert_body_found('#include "tests/testing/x.h"\n', "only tests")

    def test_collectives_see_two_contracts_of_the_fabric(self):
        listed = {"collectives/README.md": "", "collectives/CMakeLists.txt": "job.cc"}
        good = {"collectives/job.cc": '#include "fabric/api/fabric_view.h"\n'}
        self.assertEqual(self.complaints_with({**listed, **good}), [])
        bad = {"collectives/job.cc": '#include "fabric/api/fabric.h"\n'}
        self.assert_found({**listed, **bad}, "collectives/job.cc:1", "must not")

    def test_libraries_have_one_home(self):
        for name in ("mpi.h", "grpcpp/grpcpp.h", "prometheus/registry.h", "yaml-cpp/yaml.h",
                     "google/protobuf/message.h", "absl/time/time.h", "chrono", "thread"):
            with self.subTest(name):
                self.assert_body_found(f"#include <{name}>\n", name, "only in")
        self.assert_body_found("#include <gtest/gtest.h>\n", "only in tests")

    def test_headers_have_contract_and_guard(self):
        self.assert_found({"fabric/model/link.h": GOOD_HEADER.split("\n", 2)[2]}, "contract")
        self.assert_found({"fabric/model/link.h": GOOD_HEADER.replace("LINK_H_\n\n", "LNK_H_\n\n")},
                          "#define UPFABRIC_FABRIC_MODEL_LINK_H_")
        self.assert_found({"fabric/model/link.h": GOOD_HEADER + "\n" * 150}, "161 lines")

    def test_lengths_have_limits(self):
        self.assert_body_found("\n" * 601, "601 lines")
        self.assert_body_found("// " + "x" * 98 + "\n", "101 columns")
        self.assert_body_found("void F() {\n" + "  G();\n" * 69 + "}\n", "71 lines")
        self.assertEqual(self.complaints_with(
            {"fabric/model/link.cc": "void F() {\n" + "  G();\n" * 68 + "}\n" +
                                     "struct S {\n" + "  int x;\n" * 80 + "};\n"}), [])

    def test_code_is_ascii(self):
        self.assert_body_found("// 3 \u00b5s\n", "not ASCII")

    def test_banned_words_are_seen_in_code_only(self):
        for code in ("int x = rand();", "std::random_device d;", "std::chrono::seconds s;",
                     'getenv("X");', "using namespace std;", "double rate;",
                     'std::cerr << "x";', "std::uniform_int_distribution<int> d;"):
            with self.subTest(code):
                self.assert_body_found(code + "\n", "link.cc:1")
        self.assertEqual(self.complaints_with(
            {"fabric/model/link.cc": '// no rand() here\nLog("a double, std::chrono");\n'
                                     "int64_t brand(int64_t x) { return 1'000 * x; }\n"}), [])

    def test_a_todo_names_its_issue(self):
        self.assert_body_found("// TODO: later\n", "TODO")
        self.assertEqual(self.complaints_with(
            {"fabric/model/link.cc": "// TODO(#12): replay\n"}), [])

    def test_every_file_is_listed(self):
        self.assert_found({"fabric/model/lost.cc": ""}, "fabric/model/lost.cc", "lists it")
        self.assert_found({"fabric/CMakeLists.txt": "model/link.h  # model/link.cc\n"},
                          "fabric/model/link.cc", "lists it")

    def test_names_say_what_a_file_holds(self):
        self.assert_found({"deploy/README.md": "", "deploy/utils.sh": ""}, "deploy/utils.sh")

    def test_every_folder_has_a_page(self):
        self.assert_found({"deploy/demo.sh": ""}, "deploy", "README.md")
        self.assert_found({"fabric/README.md": "x\n" * 81}, "over a page")

    def test_source_keys_exist(self):
        body = "// Source:  docs/sources.md, keys NVL-A (NVLink) and UALINK-200-1.0.\n"
        self.assert_found({"docs/README.md": "", "docs/sources.md": "| NVL-A | a paper |\n",
                           "fabric/model/link.cc": body}, "link.cc:1", "UALINK-200-1.0")


if __name__ == "__main__":
    unittest.main()
