#!/bin/sh
# The one entry to Ash: builds what is missing, runs the node, and hands everything else to the command line client.
set -eu

self=$0
case $self in
*/*) ;;
*) self=$(command -v -- "$self") ;;
esac
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
  /*) self=$link ;;
  *) self=$(dirname -- "$self")/$link ;;
  esac
done
ASH_ROOT=$(CDPATH='' cd -- "$(dirname -- "$self")" && pwd -P)
export ASH_ROOT

: "${ASH_HOME:=${HOME:-}/.ash}"
: "${ASH_TOOLS:=${HOME:-}/.cache/ash}"
export ASH_HOME ASH_TOOLS

version=0.2.0

for part in common jdk tools testtools build process node quickstart cluster verify bench gateway mcp; do
  # shellcheck source=/dev/null
  . "$ASH_ROOT/launcher/$part.sh"
done

case ${1:-} in
build)
  shift
  build_command "$@"
  ;;
tools)
  install_tools
  ;;
quickstart)
  shift
  quickstart "$@"
  ;;
start)
  shift
  start_command "$@"
  ;;
stop)
  stop_command
  ;;
status)
  status_command
  ;;
logs)
  shift
  logs_command "$@"
  ;;
test)
  shift
  test_command "$@"
  ;;
cluster)
  shift
  cluster_command "$@"
  ;;
bench)
  shift
  bench_command "$@"
  ;;
mcp)
  shift
  run_mcp "$@"
  ;;
gateway | claude)
  run_gateway "$@"
  ;;
*)
  run_cli "$@"
  ;;
esac
