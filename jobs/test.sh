#!/usr/bin/env bash
# Installs everything the tests need and that is missing, builds, and runs all tests.
#
#   jobs/test.sh [options of ctest]      for example: jobs/test.sh -L quick
#
# From the environment: TALLY_BUILD_DIR, the build folder, default build; TALLY_REFERENCE_DATA, a folder with the MNIST
# test set and real model files (their tests exist only with it); TALLY_REQUIRE_ORACLES=1, what would be skipped for a
# missing oracle or privilege fails.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${TALLY_BUILD_DIR:-$root/build}

step='starting'
trap 'printf "test.sh: failed while %s\n" "$step" >&2' ERR

step='installing dependencies'
"$root/cmake/install-dependencies"

step='configuring'
options=(-DCMAKE_BUILD_TYPE=Release -DTALLY_BUILD_TESTS=ON)
if command -v ccache >/dev/null; then
  options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
if [[ -n ${TALLY_REFERENCE_DATA:-} ]]; then
  options+=("-DTALLY_REFERENCE_DATA=$(cd "$TALLY_REFERENCE_DATA" && pwd)")
fi
if [[ -n ${TALLY_REQUIRE_ORACLES:-} ]]; then
  options+=("-DTALLY_REQUIRE_ORACLES=$TALLY_REQUIRE_ORACLES")
fi
printf 'test.sh: building in %s\n' "$build"
cmake -S "$root" -B "$build" -G Ninja --log-level=WARNING "${options[@]}" >/dev/null

step='building'
cmake --build "$build"

step='testing'
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" "$@"
