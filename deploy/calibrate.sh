#!/usr/bin/env bash
# Fits the built-in software profiles to the measured tables of tests/validation, and writes
# docs/accuracy.md. Needs a build: deploy/test.sh or deploy/demo.sh makes one.
#
# Exit codes: 0 all is written, 2 something is missing or cannot be read.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly upfabric=build/release/bin/upfabric
if [[ ! -x "$upfabric" ]]; then
  echo "calibrate: $upfabric is not there; build it first: deploy/demo.sh" >&2
  exit 2
fi
fit() {
  "$upfabric" calibrate tests/validation --software "$1" -o "collectives/profiles/$1.yaml"
}
# Frameworks stand on nccl, so it comes first and is built in before they are fitted.
fit nccl
fit rccl
fit kernel
ninja -C build/release upfabric >/dev/null
fit vllm
fit trtllm
ninja -C build/release upfabric >/dev/null
python3 tests/validation/accuracy.py --program "$upfabric" --output docs/accuracy.md
