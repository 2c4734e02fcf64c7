#!/usr/bin/env python3
"""Checks the style of the tree: what no compiler and no linter sees.

A rule is a function from a tree (path -> text) to complaints. Exit codes: 0 clean, 1 complaints,
one line each: path[:line]: what is wrong; 2 bad usage.
"""

import os
import re
import sys

HEADER_LINES_MAX = 150
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
README_LINES_MAX = 80  # a page

CODE_FOLDERS = ("fabric", "collectives", "daemon", "tests", "bench")
CODE_ENDINGS = (".h", ".cc", ".proto", ".py", ".sh", ".cmake", ".yaml")

# Headers of this repository that a folder may include, by the longest prefix that matches.
# The folder itself is always allowed. None: all.
CONTRACTS = ("fabric/api/message_port.h", "fabric/api/fabric_view.h", "fabric/api/message_path.h")
MAY_INCLUDE = {
    "fabric/base/": (),
    "fabric/sim/": ("fabric/base/",),
    "fabric/model/": ("fabric/base/", "fabric/sim/") + CONTRACTS,
    "fabric/topo/": ("fabric/base/", "fabric/sim/", "fabric/model/") + CONTRACTS,
    "fabric/api/": ("fabric/base/", "fabric/sim/", "fabric/model/", "fabric/topo/"),
    "fabric/config/": ("fabric/base/", "fabric/model/", "upfabric/v1/fabric.pb.h",
                       "upfabric/v1/faults.pb.h"),
    "fabric/presets/": ("fabric/base/", "fabric/config/", "upfabric/v1/fabric.pb.h"),
    "collectives/": ("fabric/base/",) + CONTRACTS,
    "daemon/": ("fabric/", "collectives/", "upfabric/v1/"),
    "tests/": None,
    "bench/": None,
}
# Libraries with one home each; fabric/ and collectives/ have none but Abseil.
LIBRARY_HOMES = (
    (r"mpi\.h$", ("daemon/mpi/",)),
    (r"(grpc|grpcpp)/", ("daemon/",)),
    (r"google/protobuf/", ("fabric/config/", "daemon/")),
    (r"prometheus/", ("daemon/metrics/",)),
    (r"httplib\.h$", ("daemon/metrics/",)),
    (r"yaml-cpp/", ("daemon/config/",)),
    (r"CLI/", ("daemon/",)),
    (r"absl/(flags|time|synchronization|random)", ("daemon/",)),
    (r"(chrono|thread|random|mutex|condition_variable|future|fstream|filesystem|iostream)$",
     ("daemon/",)),
    (r"(unistd\.h|sys/.*|signal\.h|csignal)$", ("daemon/",)),
)
ONLY_IN_TESTS = re.compile(r"(gtest|gmock|benchmark)/")

# (pattern in code without comments and strings, folders where it is allowed, what to say)
BANNED = (
    (r"\bs?rand\s*\(", (), "rand: draws are functions of seed and purpose"),
    (r"std::random_device|absl::BitGen|std::\w+_distribution", (),
     "a draw must be a function of seed and purpose"),
    (r"std::chrono|absl::Now|clock_gettime|gettimeofday", ("daemon/", "tests/", "bench/"),
     "only daemon/ reads the wall clock"),
    (r"\bgetenv\b", ("daemon/", "tests/"), "only daemon/ reads the environment"),
    (r"\bgethostname\b", ("daemon/", "tests/"), "only daemon/ knows the host"),
    (r"^using namespace", (), "using namespace at file scope"),
    (r"\b(double|float)\b",
     ("fabric/base/", "fabric/model/framing_test.cc", "collectives/", "daemon/", "tests/",
      "bench/"),
     "no floating point in fabric/, but for what fabric/base gives to reports"),
    (r"std::(cout|cerr|clog)|\bf?printf\s*\(",
     ("daemon/", "tests/", "bench/", "fabric/base/check.cc"),
     "fabric/ and collectives/ never log"),
    (r"\bdynamic_cast\b|\bconst_cast\b", (), "casts away what a type says"),
)


def is_cpp(path):
    return path.endswith((".h", ".cc"))


def is_test(path):
    return path.startswith(("tests/", "bench/")) or path.endswith("_test.cc")


def without_comments_and_strings(text):
    """Keeps the line structure."""
    pattern = re.compile(
        r'R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
        r"|//[^\n]*|/\*.*?\*/", re.DOTALL)

    def blank(match):
        kept = "" if match.group().startswith("/") else '""'
        # A digit separator is not a character literal.
        before = match.string[match.start() - 1:match.start()]
        if match.group().startswith("'") and before.isalnum():
            return match.group()
        return kept + "\n" * match.group().count("\n")

    return pattern.sub(blank, text)


def includes_of(text):
    """Yields (line number, name, whether it is quoted)."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def check_includes(tree):
    for path, text in tree.items():
        if not is_cpp(path) or not path.startswith(CODE_FOLDERS):
            continue
        layers = [prefix for prefix in MAY_INCLUDE if path.startswith(prefix)]
        allowed = MAY_INCLUDE[max(layers, key=len)] if layers else ()
        home = max(layers, key=len) if layers else os.path.dirname(path) + "/"
        for number, name, _ in includes_of(text):
            where = f"{path}:{number}"
            ours = name.startswith(tuple(f + "/" for f in CODE_FOLDERS) + ("upfabric/",))
            if ours and name.startswith("tests/"):
                if not is_test(path):
                    yield f"{where}: {name}: only tests include tests/"
            elif ours and allowed is not None:
                if not name.startswith(tuple(allowed) + (home,)):
                    yield f"{where}: {name}: {home} must not include it"
            if ONLY_IN_TESTS.match(name) and not is_test(path):
                yield f"{where}: {name}: only in tests"
            for pattern, homes in LIBRARY_HOMES:
                if re.match(pattern, name) and not is_test(path) and not path.startswith(homes):
                    yield f"{where}: {name}: only in {', '.join(homes)}"


def guard_of(path):
    return "UPFABRIC_" + re.sub(r"[/.-]", "_", path).upper() + "_"


def check_headers(tree):
    for path, text in tree.items():
        if not path.endswith(".h"):
            continue
        lines = text.splitlines()
        comment = []
        for line in lines:
            if not line.startswith("//"):
                break
            comment.append(line[2:].strip())
        if not comment or not re.search(r"[.:]", " ".join(comment)):
            yield f"{path}:1: must open with its contract, a comment of whole sentences"
        if len(lines) > HEADER_LINES_MAX and not path.startswith("tests/"):
            yield f"{path}: {len(lines)} lines; a header has at most {HEADER_LINES_MAX}"
        guard = guard_of(path)
        for wanted in (f"#ifndef {guard}", f"#define {guard}", f"#endif  // {guard}"):
            if wanted not in lines:
                yield f"{path}: lacks \"{wanted}\""


def check_lengths(tree):
    for path, text in tree.items():
        if not path.endswith(CODE_ENDINGS) and os.path.basename(path) != "CMakeLists.txt":
            continue
        lines = text.splitlines()
        if len(lines) > FILE_LINES_MAX and not path.endswith(".yaml"):
            yield f"{path}: {len(lines)} lines; a file has at most {FILE_LINES_MAX}"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX and not path.endswith(".yaml"):
                yield f"{path}:{number}: {len(line)} columns; at most {COLUMNS_MAX}"
            if not line.isascii():
                yield f"{path}:{number}: not ASCII"


def check_functions(tree):
    """Formatted code: a function at namespace scope begins in column 0 and ends with a lone }."""
    not_functions = re.compile(r"\s*(class|struct|enum|union|namespace|extern|constexpr .*=|"
                               r"inline constexpr .*=|const .*=)\b")
    for path, text in tree.items():
        if not is_cpp(path):
            continue
        begin = None
        for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
            if re.match(r"[A-Za-z\[].*", line) and not not_functions.match(line) and begin is None:
                begin = number
            if line.startswith((";", "}", "#")) or line.rstrip().endswith(";") and line[:1] != " ":
                if begin and line == "}" and number - begin + 1 > FUNCTION_LINES_MAX:
                    yield (f"{path}:{begin}: a function of {number - begin + 1} lines; "
                           f"at most {FUNCTION_LINES_MAX}")
                begin = None
            elif not_functions.match(line):
                begin = None


def check_words(tree):
    for path, text in tree.items():
        if not is_cpp(path):
            continue
        for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
            for pattern, allowed, message in BANNED:
                if re.search(pattern, line) and not path.startswith(allowed):
                    yield f"{path}:{number}: {message}"


def check_notes(tree):
    for path, text in tree.items():
        if path.startswith("tests/tidy/") or not path.endswith(CODE_ENDINGS):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))", line):
                yield f"{path}:{number}: a TODO names its issue: TODO(#12)"


def check_names(tree):
    for path in tree:
        if re.search(r"(^|[/_])(utils?|common|helpers?|misc)(_test)?\.(h|cc|py|sh)$", path):
            yield f"{path}: says where it lies, not what it holds"


def check_listed(tree):
    """Every C++ file and every test script stands in a CMakeLists.txt above it."""
    words = {
        os.path.dirname(path): set(re.findall(r"[\w./+-]+", re.sub(r"#[^\n]*", "", text)))
        for path, text in tree.items() if os.path.basename(path) == "CMakeLists.txt"
    }
    for path in tree:
        if not is_cpp(path) or not path.startswith(CODE_FOLDERS):
            continue
        if path.startswith("tests/testing/"):
            continue  # headers that tests include; built with each of them
        folder = os.path.dirname(path)
        while True:
            if os.path.relpath(path, folder or ".") in words.get(folder, ()):
                break
            if not folder:
                yield f"{path}: no CMakeLists.txt lists it"
                break
            folder = os.path.dirname(folder)


def check_readmes(tree):
    folders = {path.split("/")[0] for path in tree if "/" in path and not path.startswith(".")}
    for folder in sorted(folders - {"cmake"}):
        readme = tree.get(f"{folder}/README.md")
        if readme is None:
            yield f"{folder}: has no README.md"
        elif len(readme.splitlines()) > README_LINES_MAX:
            yield f"{folder}/README.md: over a page ({README_LINES_MAX} lines)"


KEY = r"\b(?:[A-Z][A-Z0-9]*(?:-[A-Z0-9]+(?:\.[0-9]+)*)+|[A-Z]{5,})"


def check_sources(tree):
    """A key that code or documents name stands in docs/sources.md."""
    known = set(re.findall(KEY, tree.get("docs/sources.md", "")))
    for path, text in tree.items():
        if path == "docs/sources.md" or path.startswith("tests/tidy/"):
            continue
        # Up to the end of the sentence; in a list of several, words in capitals may stand between.
        for match in re.finditer(
                r"docs/sources\.md, (?:entry |keys? )?((?:[^.;:]|\.(?=\d))*)", text):
            keys = re.findall(KEY, match.group(1))
            for key in keys[:1] + [key for key in keys[1:] if "-" in key]:
                if key not in known:
                    line = text.count("\n", 0, match.start()) + 1
                    yield f"{path}:{line}: source key {key} is not in docs/sources.md"


RULES = (check_includes, check_headers, check_lengths, check_functions, check_words, check_notes,
         check_names, check_listed, check_readmes, check_sources)


def read_tree(root):
    """All text files but those of build trees and of hidden folders."""
    tree = {}
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f[0] != "." and not f.startswith("build")
                            and f != "__pycache__")
        for file in sorted(files):
            path = os.path.join(folder, file)
            try:
                with open(path, encoding="utf-8") as stream:
                    tree[os.path.relpath(path, root)] = stream.read()
            except (UnicodeDecodeError, FileNotFoundError):
                continue
    return tree


def complaints_of(tree):
    return [complaint for rule in RULES for complaint in rule(tree)]


def main(arguments):
    if len(arguments) != 2:
        print("usage: check_tree.py ROOT", file=sys.stderr)
        return 2
    complaints = complaints_of(read_tree(arguments[1]))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
