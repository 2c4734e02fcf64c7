#!/usr/bin/env bash
# Installs what upfabric needs from Debian 12. Says nothing and changes nothing when all is there.
#
#   deploy/setup.sh         what building, testing and linting need
#   deploy/setup.sh --run   only what building and running the programs and the demo need
#
# Works as root, or through sudo. Exit codes: 0 all is installed, 2 it cannot be.
set -euo pipefail

# cmake/UpfPackages.cmake asks for these; protoc and the gRPC plugin generate the messages.
build_packages=(
  g++ cmake ninja-build pkg-config
  protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libgrpc++-dev libabsl-dev
  libopenmpi-dev openmpi-bin
  prometheus-cpp-dev libcpp-httplib-dev
  libtinyxml2-dev libyaml-cpp-dev libcli11-dev libxxhash-dev libgraphviz-dev libboost-dev
  libnlopt-dev libnlopt-cxx-dev
)
# What deploy/demo.sh calls besides our programs.
demo_packages=(prometheus curl jq procps)
test_packages=(
  libgtest-dev libgmock-dev python3 ccache git
  clang-format-14 clang-tidy-14
)

fail() {
  echo "setup: $*" >&2
  exit 2
}

# Prints the packages of its arguments that are not installed.
missing_of() {
  local package
  for package in "$@"; do
    if [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then
      echo "$package"
    fi
  done
}

is_debian_12() {
  [[ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" == bookworm ]] ||
    [[ -r /etc/debian_version && "$(cat /etc/debian_version)" == 12* ]]
}

# Debian starts a service when it installs it, unless this file says no. One that is there stays.
readonly policy=/usr/sbin/policy-rc.d
placed_policy=no
remove_policy() {
  if [[ "$placed_policy" == yes ]]; then
    "${as_root[@]}" rm -f "$policy"
  fi
}

install_packages() {
  local log
  log="$(mktemp)"
  trap 'remove_policy; rm -f "'"$log"'"' EXIT
  if [[ ! -e "$policy" ]]; then
    placed_policy=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  # A source that cannot be reached matters only if the installation then fails.
  "${apt[@]}" update >"$log" 2>&1 || true
  if ! "${apt[@]}" install --yes --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    fail "apt-get could not install: $*"
  fi
}

packages=("${build_packages[@]}" "${demo_packages[@]}")
case "${1-}" in
  '') packages+=("${test_packages[@]}") ;;
  --run) ;;
  *) fail "unknown argument \"$1\"; allowed: --run" ;;
esac

{ command -v dpkg-query && command -v apt-get; } >/dev/null ||
  fail "no apt-get here; upfabric is built and run on Debian 12"
mapfile -t missing < <(missing_of "${packages[@]}")
if ((${#missing[@]} == 0)); then
  exit 0
fi
is_debian_12 || fail "not Debian 12, and these packages are missing: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    fail "neither root nor sudo here, and these packages are missing: ${missing[*]}"
  as_root=(sudo)
fi

echo "setup: installing ${#missing[@]} packages and what they depend on"
install_packages "${missing[@]}"
if [[ " ${missing[*]} " == *" prometheus "* ]]; then
  # It came with us, so it shall not start with the machine either. The demo starts its own.
  "${as_root[@]}" update-rc.d prometheus disable >/dev/null 2>&1 || true
fi
