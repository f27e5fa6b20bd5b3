# Runs a bench program against a node started as `start` would start it.

bench_home=$ASH_ROOT/bench/target

bench_command() {
  program=NodeBench
  limit=${ASH_BENCH_SECONDS:-240}
  case ${1:-} in
  node) ;;
  proxy)
    program=ProxyBench
    limit=
    ;;
  cluster)
    shift
    bench_cluster "$@"
    ;;
  *) die "bench: ${1:-nothing} (expected: node, proxy, or cluster [--nodes N])" ;;
  esac
  find_jdk
  ensure_built
  bench_build
  : "${ASH_BRIDGE_HOME:=$ASH_ROOT/bridge/target/home}"
  export ASH_BRIDGE_HOME
  node_flags
  set --
  [ ! -f "$node_cache" ] || set -- "-XX:AOTCache=$node_cache" -Xlog:aot=off -Xlog:cds=off
  # shellcheck disable=SC2086 # flags is a list of words without spaces
  exec "$JAVA_HOME/bin/java" -Xmx256m -XX:+UseSerialGC -cp "$bench_home/ash-bench-$version.jar" "dev.ash.bench.$program" \
    ${limit:+"$limit"} "$bench_home/runs" "$JAVA_HOME/bin/java" $flags "$@" -cp "$(class_path "$node_home" ash-cluster-node)" dev.ash.node.Main
}

# Not part of the program's build: only who measures needs it.
bench_build() {
  [ ! -f "$bench_home/ash-bench-$version.jar" ] ||
    [ -n "$(find "$ASH_ROOT/bench/src/main" "$ASH_ROOT/bench/pom.xml" -newer "$bench_home/ash-bench-$version.jar" | head -n 1)" ] || return 0
  [ "${ASH_BUILD:-auto}" != never ] || [ ! -f "$bench_home/ash-bench-$version.jar" ] || return 0
  say "bench: compiling"
  maven_options
  (cd "$ASH_ROOT" && mvn -q -B -Dmaven.test.skip=true package -pl bench -am) || die "the build failed; see above"
}

# On a cluster of its own, with the mock agent, that is gone afterwards.
bench_cluster() {
  : "${ASH_REAL_SDK:=0}"
  # Every created session would have a sandbox started ahead: a few hundred JVMs on two cores.
  : "${ASH_MAX_SANDBOXES:=16}"
  export ASH_REAL_SDK ASH_MAX_SANDBOXES
  cluster_state
  ASH_HOME=$ASH_HOME-bench
  run_dir=$ASH_HOME/run
  log_dir=$ASH_HOME/logs
  cluster_up --port 4600 "$@" >/dev/null
  bench_build
  bench_status=0
  "$JAVA_HOME/bin/java" -Xmx256m -XX:+UseSerialGC -cp "$bench_home/ash-bench-$version.jar" dev.ash.bench.ClusterBench \
    "$first_port" "$nodes" "$ASH_API_KEY" || bench_status=$?
  cluster_end
  exit "$bench_status"
}
