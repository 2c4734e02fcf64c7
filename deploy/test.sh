#!/usr/bin/env bash
# Builds and tests everything, from a bare Debian 12 on. Ends with ctest's summary of the release
# build. About 50 minutes on 2 cores with nothing built; ccache makes later runs short.
#
#   deploy/test.sh            all of it
#   deploy/test.sh --quick    release build and tests alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quick=no
case "${1-}" in
  '') ;;
  --quick) quick=yes ;;
  *)
    echo "test: unknown argument \"$1\"; allowed: --quick" >&2
    exit 2
    ;;
esac

step() {
  printf '\n== %s (%d s)\n' "$*" "$SECONDS"
}

# Prints the C++ files of our own.
cpp_files() {
  find fabric collectives daemon tests bench -name '*.h' -o -name '*.cc' | sort
}

# Configures and builds a preset: build_preset PRESET TARGET...
build_preset() {
  local preset="$1"
  shift
  cmake --preset "$preset" -DUPF_BUILD_TESTS=ON >"build/$preset.configure.log" 2>&1 ||
    { cat "build/$preset.configure.log"; return 1; }
  cmake --build --preset "$preset" --target "$@" -- --quiet
}

# Runs the tests of one folder of a build tree; says little unless one fails.
test_folder() {
  local folder="$1"
  shift
  if ! ctest --test-dir "$folder" --output-on-failure -j "$(nproc)" "$@" >build/test.log 2>&1; then
    cat build/test.log
    return 1
  fi
  grep -m 1 'tests passed' build/test.log
}

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
deploy/setup.sh
mkdir -p build

step "format"
cpp_files | xargs clang-format-14 --dry-run -Werror

step "release: build"
build_preset release all

if [[ "$quick" == no ]]; then
  step "lint"
  tests/tidy/lint.py build/release

  step "asan: fabric, collectives, properties"
  build_preset asan fabric/all collectives/all engine_independence_test
  test_folder build/asan/fabric
  test_folder build/asan/collectives
  UPFABRIC_SEEDS=0:500 test_folder build/asan/tests -R engine_independence_test

  step "tsan: services, partitions on threads"
  build_preset tsan daemon/rpc/all daemon/metrics/all engine_independence_test
  test_folder build/tsan/daemon/rpc
  test_folder build/tsan/daemon/metrics
  UPFABRIC_SEEDS=0:500 test_folder build/tsan/tests -R engine_independence_test
fi

step "release: tests"
ctest --preset release -j "$(nproc)"
