#!/bin/sh
# Becomes a sandbox: launch.sh ARGUMENTS FILTER [join FILE | stage FOLDER | bind SOURCE TARGET]... -- COMMAND...
#
# A Java process gives no descriptor above 2 to its children, so that bwrap's arguments (8) and its
# system call filter (9) are opened here. The process number stays the same to the end.
set -eu
umask 022
exec 8<"$1" 9<"$2"
shift 2
while [ "$1" != -- ]; do
  case $1 in
    join)
      # before anything else is started, so that nothing escapes the limits
      echo $$ >"$2"
      shift 2
      ;;
    stage)
      mount -t tmpfs -o mode=755,size=64k ash "$2"
      shift 2
      ;;
    bind)
      if [ -d "$2" ]; then mkdir "$3"; else : >"$3"; fi
      mount --bind "$2" "$3"
      shift 3
      ;;
    *)
      echo "launch.sh: $1 (expected: join, stage, bind or --)" >&2
      exit 2
      ;;
  esac
done
shift
exec "$@"
