#!/usr/bin/env bash
# Times whole commands: user CPU for each hop and each record, the best of several runs.
#
#   bench/whole_commands.sh BIN [RUNS]     BIN: folder of the built programs; RUNS: 5
#
# Prints a table in markdown. Run it on a quiet machine; compare only figures of one run.
set -euo pipefail

if (($# < 1)) || [[ ! -x "$1/upfabric" ]]; then
  echo "whole_commands: give the folder with upfabric, such as build/release/bin" >&2
  exit 2
fi
readonly program="$1/upfabric"
readonly runs="${2:-5}"

# Each line: what it is, then the arguments of `upfabric run`.
commands() {
  cat <<'LIST'
all_to_all 16 MiB a rank, packets|all_to_all --fabric gb200-nvl72 -b 16M -e 16M --granularity packet
all_to_all 16 MiB a rank, trains|all_to_all --fabric gb200-nvl72 -b 16M -e 16M
all_to_all 64 MiB a rank, trains|all_to_all --fabric gb200-nvl72 -b 64M -e 64M
ring all_reduce 64 MiB, trains|all_reduce --algorithm ring --fabric gb200-nvl72 -b 64M -e 64M
ring all_reduce 1 GiB, trains|all_reduce --algorithm ring --fabric gb200-nvl72 -b 1G -e 1G
in-switch all_reduce 64 MiB|all_reduce --algorithm in_switch --fabric gb200-nvl72 -b 64M -e 64M
1,024 ranks, one packet each|all_to_all --fabric ualink-pod-1024 -b 256K -e 256K
1,024 ranks, 4 KiB, packets|all_to_all --fabric ualink-pod-1024 -b 4M -e 4M --granularity packet
1,024 ranks, 64 KiB, trains|all_to_all --fabric ualink-pod-1024 -b 64M -e 64M
leaf-spine of 256, UET, 16 KiB|all_to_all --fabric ue-leaf-spine-256@uet -b 4M -e 4M
1,024 endpoints, one 8 B sendrecv|sendrecv --fabric ualink-pod-1024 -g 2 -b 8 -e 8
LIST
}

# "SECONDS HOPS RECORDS PEAK" of one run, from its statistics.
measure() {
  "$program" run "$@" -c 0 --payload none --stats 2>&1 >/dev/null | awk '
    match($0, /user CPU [0-9.]+ s, [0-9]+ hops/) {
      split(substr($0, RSTART, RLENGTH), words, " "); cpu = words[3]; hops = words[5]
    }
    match($0, /[0-9]+ records/) {
      split(substr($0, RSTART, RLENGTH), words, " "); records = words[1]
    }
    match($0, /peak memory [0-9.]+ [kMG]?B/) { peak = substr($0, RSTART + 12, RLENGTH - 12) }
    END { gsub(" ", "", peak); print cpu, hops, records, peak }'
}

echo "| \`upfabric run ... -c 0 --payload none --stats\` | user CPU | hops | ns a hop |" \
  "ns a record | peak memory |"
echo "|---|---|---|---|---|---|"
while IFS='|' read -r name arguments; do
  read -ra words <<<"$arguments"
  for ((run = 0; run < runs; ++run)); do
    measure "${words[@]}"
  done | sort -g | head -n 1 |
    while read -r cpu hops records peak; do
      awk -v name="$name" -v arguments="$arguments" -v cpu="$cpu" -v hops="$hops" \
        -v records="$records" -v peak="$peak" 'BEGIN {
          printf "| %s: `%s` | %.3f s | %d | %.1f | %.0f | %s |\n", name, arguments, cpu, hops,
                 cpu * 1e9 / hops, cpu * 1e9 / records, peak
        }'
    done
done < <(commands)
