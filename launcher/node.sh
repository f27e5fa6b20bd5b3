# The node as a process: in the foreground for tests and service managers, in the background for a person.

# Serial GC: at this heap size its pauses are short, and it leaves the second core to the sandboxes (see README.md).
node_flags() {
  flags="-Xmx${ASH_NODE_HEAP:-768m} -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError"
  case ${ASH_NODE_OPTS:-} in
  *-XX:+Use*GC*) ;;
  *) flags="$flags -XX:+UseSerialGC" ;;
  esac
  flags="$flags --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
  flags="$flags --add-opens=java.base/java.lang=ALL-UNNAMED ${ASH_NODE_OPTS:-}"
}

cli_flags() {
  flags="-Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData --enable-native-access=ALL-UNNAMED"
}

# Takes the place of this shell, so a signal meant for the node reaches it.
exec_node() {
  find_jdk
  ensure_built
  [ -f "$node_home/ash-cluster-node-$version.jar" ] || die "the node is not built; run: ./ash build"
  : "${ASH_BRIDGE_HOME:=$ASH_ROOT/bridge/target/home}"
  export ASH_BRIDGE_HOME
  use_agent
  if [ -z "${CLAUDE_CODE_EXECUTABLE:-}" ] && [ "${ASH_REAL_SDK:-1}" != 0 ]; then
    warn "the agent is not installed, so no real agent can start; run: ./ash tools"
  fi
  node_flags
  # What the node holds in confidence must not lie on the disk after a crash.
  ulimit -c 0
  set --
  [ ! -f "$node_cache" ] || set -- "-XX:AOTCache=$node_cache" -Xlog:aot=off -Xlog:cds=off
  # shellcheck disable=SC2086 # flags is a list of words without spaces
  exec "$JAVA_HOME/bin/java" $flags "$@" -cp "$(class_path "$node_home" ash-cluster-node)" dev.ash.node.Main
}

run_cli() {
  find_jdk
  ensure_cli
  cli_flags
  # Asking the JVM whether there is a terminal would cost more than the command.
  [ ! -t 1 ] || flags="$flags -Dash.out=terminal"
  [ ! -t 2 ] || flags="$flags -Dash.err=terminal"
  set -- -cp "$(class_path "$cli_home" ash-cli)" dev.ash.cli.Main "$@"
  [ ! -f "$cli_cache" ] || set -- "-XX:AOTCache=$cli_cache" -Xlog:aot=off -Xlog:cds=off "$@"
  # shellcheck disable=SC2086 # flags is a list of words without spaces
  exec "$JAVA_HOME/bin/java" $flags "$@"
}

# The client as a step of a longer command.
cli() {
  (run_cli "$@")
}

start_usage="start: %s (expected: --foreground, --runner, --port N, --database-url URL, --api-key KEY, -e NAME=VALUE)"

# The options of start are other names for the node's environment.
start_options() {
  foreground=
  while [ $# -gt 0 ]; do
    case $1 in
    --*=*)
      option=${1%%=*}
      value=${1#*=}
      shift
      set -- "$option" "$value" "$@"
      continue
      ;;
    --foreground) foreground=1 ;;
    --runner) runner_mode ;;
    --no-pull) warn "--no-pull has no effect: the node is not a container" ;;
    -p | --port | --database-url | --api-key | -e | --env | --image | --tag)
      # shellcheck disable=SC2059 # the format is ours
      [ $# -ge 2 ] || die "$(printf "$start_usage" "$1 without a value")"
      case $1 in
      -p | --port) ASH_PORT=$2 && export ASH_PORT ;;
      --database-url) ASH_DATABASE_URL=$2 && export ASH_DATABASE_URL ;;
      --api-key) ASH_API_KEY=$2 && export ASH_API_KEY && unset ASH_API_KEY_FILE ;;
      -e | --env) set_env "$2" ;;
      *) warn "$1 has no effect: the node is not a container" ;;
      esac
      shift
      ;;
    *)
      # shellcheck disable=SC2059 # the format is ours
      die "$(printf "$start_usage" "$1")"
      ;;
    esac
    shift
  done
}

# A runner: the contract's names of its settings are other names for the node's.
runner_mode() {
  ASH_RUNNER=true
  ASH_PORT=${ASH_RUNNER_PORT:-4200}
  ASH_HOST=${ASH_RUNNER_HOST:-0.0.0.0}
  export ASH_RUNNER ASH_PORT ASH_HOST
}

set_env() {
  case $1 in
  [A-Za-z_]*=*) ;;
  *) die "--env: $1 (expected: NAME=VALUE)" ;;
  esac
  case ${1%%=*} in
  *[!A-Za-z0-9_]*) die "--env: ${1%%=*} (expected: letters, digits and _)" ;;
  esac
  # shellcheck disable=SC2163 # the argument is NAME=VALUE
  export "$1"
}

start_command() {
  start_options "$@"
  [ -z "$foreground" ] || exec_node
  need_home
  if node_pid=$(running node); then
    printf 'Ash server is already running (pid %s).\n  URL:      %s\n' "$node_pid" "$(cat "$run_dir/node.url")"
    return
  fi
  find_jdk
  ensure_built
  printf 'Starting Ash server...\n'
  start_in_background
  await_node
}

check_port() {
  case $port in
  '' | 0 | *[!0-9]*) die "port: $port (expected: 1..65535)" ;;
  esac
  [ "$port" -le 65535 ] || die "port: $port (expected: 1..65535)"
  if owner=$(port_owner "$port"); then
    die "port $port is in use by $owner. Choose another: ASH_PORT=$((port + 1)) ./ash ${1:-start}"
  fi
}

node_address() {
  port=${ASH_PORT:-4100}
  case ${ASH_HOST:-} in
  '' | 0.0.0.0 | 127.0.0.1 | localhost | :: | ::1) node_url=http://localhost:$port ;;
  *:*) node_url=http://[$ASH_HOST]:$port ;;
  *) node_url=http://$ASH_HOST:$port ;;
  esac
}

# Starts the node without waiting for it. Its data lies in ASH_HOME unless ASH_DATA_DIR says otherwise.
start_in_background() {
  node_address
  check_port "${1:-start}"
  : "${ASH_DATA_DIR:=$ASH_HOME/data}"
  export ASH_DATA_DIR
  make_home
  (umask 077 && mkdir -p "$ASH_DATA_DIR")
  printf '%s' "$node_url" >"$run_dir/node.url"
  ASH_BUILD=never detach node "$log_dir/node.log" "$ASH_ROOT/ash" start --foreground
}

# Waits until the node answers, and takes over the key it made on its first start.
await_node() {
  if ! cli await-node --url "$node_url" --data-dir "$ASH_DATA_DIR" --pid "$(running node || echo 0)" "$@"; then
    warn "the end of $log_dir/node.log:"
    tail -n 20 "$log_dir/node.log" >&2
    stop_process node
    stop_process model
    rm -f "$run_dir/node.url" "$run_dir/node.model"
    exit 1
  fi
}

stop_command() {
  if ! running node >/dev/null && ! running model >/dev/null; then
    rm -f "$run_dir"/*.pid "$run_dir/node.url" "$run_dir/node.model"
    printf 'No Ash server container found.\n'
    return
  fi
  printf 'Stopping Ash server...\n'
  stop_process node
  stop_process model
  rm -f "$run_dir/node.url" "$run_dir/node.model"
  printf 'Ash server stopped.\n'
}

status_command() {
  if node_pid=$(running node); then
    cli node-status --pid "$node_pid" --url "$(cat "$run_dir/node.url")"
  else
    printf 'Container: not-found\n'
  fi
}

logs_command() {
  [ -f "$log_dir/node.log" ] || die "no log yet: $log_dir/node.log; start a node with ./ash start"
  case ${1:-} in
  '') cat "$log_dir/node.log" ;;
  -f | --follow) exec tail -n 100 -f "$log_dir/node.log" ;;
  *) die "logs: $1 (expected: nothing or -f)" ;;
  esac
}
