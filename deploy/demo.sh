#!/usr/bin/env bash
# From a bare Debian 12 to a distributed comparison of fabrics, watched by Prometheus: sets up,
# builds, compares, starts four daemons, measures, and ends all that it started.
#
# Everything listens on loopback, on free ports; nothing is written outside build/ and a temporary
# folder. Exit codes: 0 all went well, else that of the first step that did not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly programs=build/release/bin
readonly daemons=4
readonly fabric=ualink-pod-72
readonly endpoints=72
readonly loop_bytes=16M
readonly prometheus_seconds=10 # of scrapes that the measured rates cover
work="$(mktemp -d)"
mpirun_pid=
prometheus_pid=

say() {
  printf '\n== %s\n' "$*"
}

fail() {
  echo "demo: $*" >&2
  exit 1
}

# Ends a process that this script started, and waits for it.
end() {
  local pid="$1"
  if [[ -n "$pid" ]] && kill -TERM "$pid" 2>/dev/null; then
    wait "$pid" || true
  fi
}

clean_up() {
  end "$prometheus_pid"
  end "$mpirun_pid"
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# wait_for SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1)) what="$2"
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || fail "$what did not happen in time"
    sleep 0.2
  done
}

build() {
  if [[ ! -f build/release/build.ninja ]]; then
    cmake --preset release -DUPF_BUILD_TESTS=OFF >"$work/build.log" 2>&1 ||
      { cat "$work/build.log" >&2; fail "cmake could not configure the build"; }
  fi
  cmake --build --preset release --target upfabric upfabricd >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2; fail "the build failed"; }
}

# The standard health service, asked with plain curl: an empty request, framed as gRPC does, is
# answered by a message whose field 1 is 1, SERVING.
serving() {
  local answer
  answer="$(printf '\0\0\0\0\0' |
    curl --silent --max-time 2 --http2-prior-knowledge --data-binary @- \
      --header 'content-type: application/grpc' --header 'te: trailers' \
      "http://$1/grpc.health.v1.Health/Check" | od -An -tx1)"
  [[ "$answer" == " 00 00 00 00 02 08 01" ]]
}

start_daemons() {
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    mpirun --oversubscribe --bind-to none -np "$daemons" "$programs/upfabricd" --fabric "$fabric" \
    --loop all_to_all --bytes "$loop_bytes" --address-file "$work/daemons.json" &
  mpirun_pid=$!
  wait_for 30 "the start of the daemons" address_file_or_end
  [[ -s "$work/daemons.json" ]] || fail "the daemons ended before they served"
  local address
  mapfile -t control < <(jq -r '.[].labels.__control_address' "$work/daemons.json")
  for address in "${control[@]}"; do
    wait_for 30 "SERVING at $address" serving "$address"
    echo "gRPC health at $address: SERVING"
  done
}

address_file_or_end() {
  [[ -s "$work/daemons.json" ]] || ! kill -0 "$mpirun_pid" 2>/dev/null
}

in_use() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

prometheus_ready() {
  curl --silent --fail --max-time 2 "http://$prometheus/-/ready" >/dev/null
}

prometheus_ready_or_end() {
  prometheus_ready || ! kill -0 "$prometheus_pid" 2>/dev/null
}

start_prometheus() {
  local port=$((20000 + RANDOM % 10000))
  while in_use "$port"; do
    port=$((port + 1))
  done
  prometheus="127.0.0.1:$port"
  cat >"$work/prometheus.yml" <<END
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: upfabric
    file_sd_configs: [{files: [$work/daemons.json]}]
END
  prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" \
    --web.listen-address="$prometheus" --log.level=error \
    >"$work/prometheus.log" 2>&1 &
  prometheus_pid=$!
  wait_for 30 "the start of Prometheus" prometheus_ready_or_end
  prometheus_ready || { cat "$work/prometheus.log" >&2; fail "Prometheus did not start"; }
}

# Prints the value of an expression that gives one number; fails while it gives none.
query() {
  curl --silent --fail --get --data-urlencode "query=$1" "http://$prometheus/api/v1/query" |
    jq -er '.data.result[0].value[1]'
}

enough_scrapes() {
  local scrapes
  scrapes="$(query "min(count_over_time(up{job=\"upfabric\"}[1m])) > $prometheus_seconds" \
    2>/dev/null)" && [[ -n "$scrapes" ]]
}

say "set-up and build"
deploy/setup.sh --run
setup_seconds=$SECONDS
build
built_seconds=$SECONDS
echo "packages: $setup_seconds s, build: $((built_seconds - setup_seconds)) s"

say "NVLink, UALink, UALink over Ethernet: the same work, payload checked, in virtual time"
"$programs/upfabric" compare all_reduce,all_to_all --fabric gb200-nvl72 --fabric ualink-pod-72 \
  --fabric helios-72-ualoe -b 4K -e 16M -f 16 -c 1

say "$daemons daemons under mpirun share the fabric $fabric"
start_daemons
"$programs/upfabric" status --connect "${control[0]}"

say "an all-to-all on the daemons: payload goes by MPI and is checked"
"$programs/upfabric" run all_to_all --connect "${control[0]}" -b "$loop_bytes" -e "$loop_bytes" \
  -c 1 --format json | tee "$work/run.json"
"$programs/upfabric" run all_to_all --fabric "$fabric" -b "$loop_bytes" -e "$loop_bytes" \
  -c 1 --format json >"$work/alone.json"
cmp "$work/run.json" "$work/alone.json" ||
  fail "the daemons and one process gave different results"
echo "One process alone gives the same bytes."

say "Prometheus scrapes the daemons while they repeat that all-to-all"
start_prometheus
wait_for 60 "enough scrapes" enough_scrapes
range="[${prometheus_seconds}s]"
bandwidth="$(query "sum(
  sum by (instance) (rate(upfabric_channel_payload_bytes_total{direction=\"to_switch\"}$range))
  / on (instance) rate(upfabric_virtual_time_seconds_total$range)) / $endpoints / 1e9")"
expected="$(jq -r '.rows[0].busbw_GBps' "$work/run.json")"
slowdown="$(query "1 / avg(rate(upfabric_virtual_time_seconds_total$range))")"
hops="$(query "sum(rate(upfabric_hops_total$range))")"
printf '%s\n' "Bytes an endpoint sends, over virtual time, both from counters alone:"
awk -v measured="$bandwidth" -v expected="$expected" -v slowdown="$slowdown" -v hops="$hops" '
  BEGIN {
    off = 100 * (measured / expected - 1)
    printf "  Prometheus %.2f GB/s, the command line %.2f GB/s: %+.2f %%\n", measured, expected, off
    printf "Emulated at %.2f million hops a second of wall time, 1 : %.0f of real time.\n",
           hops / 1e6, slowdown
    exit off < -2 || off > 2
  }' || fail "the two bandwidths differ by more than 2 %"

say "the end"
"$programs/upfabric" stop --connect "${control[0]}"
wait "$mpirun_pid"
mpirun_pid=
echo "demo: done in $SECONDS s, of which packages $setup_seconds s and" \
  "build $((built_seconds - setup_seconds)) s"
