#!/bin/sh
# Writes bridge.aot next to the bridge's jars: with it a bridge is ready in a fraction of the time.
# usage: build-aot.sh <java home> <bridge home>
# The cache fits this JDK and these very jars (their names, sizes and times); where the two folders
# lie when it is used does not matter, as long as the options of jvm.options are used too.
set -eu
if [ $# -ne 2 ]; then
  echo "usage: $0 <java home> <bridge home>" >&2
  exit 64
fi
java="$1/bin/java"
home=$(cd "$2" && pwd)
# Short, because the path of a Unix socket has room for a hundred bytes.
work=$(mktemp -d /tmp/ash-aot.XXXXXX)
trap 'rm -rf "$work"' EXIT INT TERM
lib="$home/lib"
"$java" "@$home/jvm.options" \
  -XX:AOTCacheOutput="$work/bridge.aot" \
  -cp "$(printf '%s\n' "$lib"/*.jar | LC_ALL=C sort | paste -sd: -)" \
  dev.ash.bridge.Main --train "$work" >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}
# At once or not at all: a sandbox may start meanwhile.
cp "$work/bridge.aot" "$home/bridge.aot.new"
mv "$home/bridge.aot.new" "$home/bridge.aot"
