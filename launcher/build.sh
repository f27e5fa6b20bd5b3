# Builds the program when its sources are newer than the last build, and the AOT caches that make it start fast.

node_home=$ASH_ROOT/cluster-node/target
cli_home=$ASH_ROOT/cli/target
gateway_home=$ASH_ROOT/gateway/target
mcp_home=$ASH_ROOT/mcp/target
node_cache=$node_home/ash-node.aot
cli_cache=$cli_home/ash-cli.aot
build_stamp=$ASH_ROOT/target/ash-build.stamp

# The class path of a module: its jar, then its libraries in byte order. An AOT cache is only good for this very list.
class_path() {
  printf '%s/%s-%s.jar' "$1" "$2" "$version"
  (
    LC_ALL=C
    export LC_ALL
    for jar in "$1"/lib/*.jar; do
      printf ':%s' "$jar"
    done
  )
}

sources_changed() {
  [ -f "$build_stamp" ] && [ -f "$node_home/ash-cluster-node-$version.jar" ] && [ -f "$cli_home/ash-cli-$version.jar" ] || return 0
  # Folders count too: their time changes when a file is deleted.
  [ -n "$(find "$ASH_ROOT/pom.xml" "$ASH_ROOT"/*/pom.xml "$ASH_ROOT"/*/src/main -newer "$build_stamp" 2>/dev/null | head -n 1)" ]
}

# Builds if needed; ASH_BUILD=never says that what is there is to be taken as it is.
ensure_built() {
  [ "${ASH_BUILD:-auto}" != never ] || return 0
  ! sources_changed || locked_build
}

ensure_cli() {
  [ -f "$cli_home/ash-cli-$version.jar" ] || ensure_built
}

build_command() {
  case ${1:-} in
  --force) locked_build ;;
  '') if sources_changed; then locked_build; else say "build: nothing has changed"; fi ;;
  *) die "build: $1 (expected: nothing or --force)" ;;
  esac
}

# One build at a time; who waited finds the work done.
locked_build() {
  find_jdk
  mkdir -p "$ASH_ROOT/target"
  if command -v flock >/dev/null; then
    wait_since=$(date +%s)
    (
      flock 9
      if [ $(($(date +%s) - wait_since)) -gt 1 ] && ! sources_changed; then exit 0; fi
      run_build 9>&-
    ) 9>"$ASH_ROOT/target/ash-build.lock"
  else
    run_build
  fi
}

run_build() {
  command -v mvn >/dev/null || die "needs Maven 3.8 or newer to build; install the package 'maven' (Debian and Ubuntu: apt-get install -y maven)"
  say "build: compiling with $JAVA_HOME (the first time fetches the libraries)"
  next_stamp=$build_stamp.next
  : >"$next_stamp"
  # A node that runs keeps its open files; writing into them would break it.
  rm -f "$node_home"/*.jar "$node_home"/lib/ash-*.jar "$cli_home"/*.jar "$cli_home"/lib/ash-*.jar \
    "$gateway_home"/*.jar "$gateway_home"/lib/ash-*.jar "$mcp_home"/*.jar "$mcp_home"/lib/ash-*.jar \
    "$node_cache" "$cli_cache"
  maven_options
  (cd "$ASH_ROOT" && mvn -q -B -Dmaven.test.skip=true package -pl cluster-node,cli,bridge,scripted-model,gateway,mcp -am) || die "the build failed; see above"
  if [ -f "$ASH_ROOT/bridge/build-aot.sh" ]; then
    say "build: the bridge's AOT cache"
    sh "$ASH_ROOT/bridge/build-aot.sh" "$JAVA_HOME" "$ASH_ROOT/bridge/target/home" ||
      say "build: going on without the bridge's AOT cache: sandboxes start slower"
  fi
  train "the node's" "$node_cache" "$node_home" ash-cluster-node dev.ash.node.Main
  train "the client's" "$cli_cache" "$cli_home" ash-cli dev.ash.cli.Main
  mv "$next_stamp" "$build_stamp"
  say "build: done"
}

# A training run writes an AOT cache. Without one the program works the same and starts slower.
train() {
  say "build: $1 AOT cache"
  train_folder=$(mktemp -d)
  train_status=0
  (
    cd "$train_folder"
    unset ASH_DATABASE_URL ASH_API_KEY ASH_API_KEY_FILE ASH_SERVER_URL ANTHROPIC_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN
    ASH_DATA_DIR=$train_folder/data
    ASH_HOME=$train_folder/home
    ASH_HOST=127.0.0.1
    ASH_PORT=0
    export ASH_DATA_DIR ASH_HOME ASH_HOST ASH_PORT
    case $4 in
    ash-cluster-node) node_flags ;;
    *) cli_flags ;;
    esac
    # shellcheck disable=SC2086 # flags is a list of words without spaces
    bounded 180 "$JAVA_HOME/bin/java" $flags -Xlog:aot=off -Xlog:cds=off -XX:AOTCacheOutput="$2.next" -cp "$(class_path "$3" "$4")" "$5" --train
  ) >"$train_folder/log" 2>&1 || train_status=$?
  if [ "$train_status" = 0 ] && [ -s "$2.next" ]; then
    mv "$2.next" "$2"
  else
    grep -v 'AOT\|^Picked up JAVA_TOOL_OPTIONS' "$train_folder/log" | tail -n 5 >&2
    rm -f "$2.next"
    say "build: $1 training run failed ($train_status), going on without its AOT cache: it starts slower"
  fi
  rm -rf "$train_folder"
}

# Maven's own libraries make a new JDK print warnings that say nothing about our code.
maven_options() {
  MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
  export MAVEN_OPTS
}

bounded() {
  if command -v timeout >/dev/null; then
    timeout "$@"
  else
    shift
    "$@"
  fi
}
