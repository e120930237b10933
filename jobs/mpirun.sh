#!/usr/bin/env bash
# Evaluates under mpirun, on this machine or on several hosts, with sensible ranks, threads and binding.
#
#   jobs/mpirun.sh [launch options] --model MODEL --data FILE [any option of `tally evaluate`]
#
#   -H A,B[:SLOTS],...  hosts, each with the ranks per node as slots unless it says so; default: this machine
#   --hostfile FILE     hosts from a file in mpirun's format
#   -N RANKS            ranks per node, default 1
#   -c CORES            cores per rank: each rank is bound to its own, and runs as many threads. Default: no binding;
#                       the ranks of a node share out its cores among them
#   --bind-to none      with -c: as many threads, but no binding
#   -n, --dry-run       only print the mpirun command
#   -h, --help          this text
#
# The first word that is none of these, and all that follow, go to `tally evaluate`. mpirun reaches other hosts by ssh;
# program and files need the same paths everywhere (the data only on the first host). TALLY names the program; default:
# the one in the build folder (TALLY_BUILD_DIR, else build), else the installed one.
set -euo pipefail

fail() {
  printf 'mpirun.sh: %s\n' "$*" >&2
  exit 2
}

# Prints a command so that it can be pasted; %q alone would escape every comma.
show() {
  local word
  printf '+' >&2
  for word; do
    if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then printf ' %s' "$word"; else printf ' %q' "$word"; fi >&2
  done
  printf '\n' >&2
}

usage() { sed -n '2,/^set -euo/{/^#/!d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

hosts='' hostfile='' ranks=1 cores='' bind='' dry_run=''
while (($#)); do
  case "$1" in
    -H | --hostfile | -N | -c | --bind-to) (($# > 1)) || fail "$1 needs a value" ;;&
    -H) hosts=$2 && shift 2 ;;
    --hostfile) hostfile=$2 && shift 2 ;;
    -N) ranks=$2 && shift 2 ;;
    -c) cores=$2 && shift 2 ;;
    --bind-to) bind=$2 && shift 2 ;;
    -n | --dry-run) dry_run=1 && shift ;;
    -h | --help) usage && exit 0 ;;
    --) shift && break ;;
    *) break ;;
  esac
done
(($#)) || fail 'nothing to evaluate: give --model and --data (--help shows how)'
[[ $ranks =~ ^[1-9][0-9]*$ ]] || fail "-N must be a positive number, not '$ranks'"
[[ -z $cores || $cores =~ ^[1-9][0-9]*$ ]] || fail "-c must be a positive number, not '$cores'"
[[ -z $bind || $bind == none ]] || fail "--bind-to knows only none, not '$bind'; -c binds to cores"
[[ -z $hosts || -z $hostfile ]] || fail 'give -H or --hostfile, not both'

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
built=${TALLY_BUILD_DIR:-$root/build}/pipeline/tally
if [[ -n ${TALLY:-} ]]; then
  tally=$TALLY
elif [[ -x $built ]]; then
  tally=$built
else
  tally=$(command -v tally) || fail "no program: build it first ($built), or set TALLY"
fi

command=(mpirun)
if [[ -n $hosts ]]; then
  # A bare name would mean one slot, however many ranks it is to run.
  slots=''
  IFS=, read -ra names <<<"$hosts"
  for name in "${names[@]}"; do
    [[ $name == *:* ]] || name+=:$ranks
    slots+=${slots:+,}$name
  done
  command+=(-H "$slots")
elif [[ -n $hostfile ]]; then
  command+=(--hostfile "$hostfile")
fi

# Bound to one core, as mpirun's own default does for two ranks, all threads of a rank would share it.
if [[ -n $cores && $bind != none ]]; then
  command+=(--map-by "ppr:$ranks:node:PE=$cores" --bind-to core)
else
  command+=(--map-by "ppr:$ranks:node" --bind-to none)
fi
# One machine may run more ranks than it has cores; Tally warns where that makes no sense.
[[ -n $hosts$hostfile || -n $cores ]] || command+=(--oversubscribe)
[[ -z $cores ]] || command+=(-x "OMP_NUM_THREADS=$cores")
command+=("$tally" evaluate "$@")

if ((EUID == 0)); then # mpirun refuses root, which is all there is in many a container
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
show "${command[@]}"
[[ -z $dry_run ]] || exit 0
exec "${command[@]}"
