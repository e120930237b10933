#!/usr/bin/env bash
# From a fresh clone to a result: installs what is missing, builds, and evaluates the shipped network on the shipped
# digits, with two ranks that share all cores of this machine.
#
#   jobs/demo.sh [options of `tally evaluate`]      TALLY_BUILD_DIR: the build folder, default build
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${TALLY_BUILD_DIR:-$root/build}

step='starting'
trap 'printf "demo.sh: failed while %s\n" "$step" >&2' ERR

step='installing dependencies'
"$root/cmake/install-dependencies" build

step='configuring'
options=(-DCMAKE_BUILD_TYPE=Release)
if command -v ccache >/dev/null; then
  options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
printf 'demo.sh: building in %s\n' "$build"
cmake -S "$root" -B "$build" -G Ninja --log-level=WARNING "${options[@]}" >/dev/null

step='building'
cmake --build "$build" --target tally # the tests are left to jobs/test.sh

step='evaluating'
ranks=2
if (($(nproc) < ranks)); then
  ranks=1
fi
data=$(realpath --relative-to=. "$root/tests/data")
TALLY_BUILD_DIR=$build "$root/jobs/mpirun.sh" -N "$ranks" \
  --model "$data/digits_mlp.h5" --data "$data/digits_test.h5" "$@"
