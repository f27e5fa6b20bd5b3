# A cluster of several nodes on this machine, on a PostgreSQL of its own that is thrown away with it: for trying and testing.

cluster_usage="cluster: %s (expected: up [--nodes 1..9] [--port N], down, status or drain)"

cluster_die() {
  # shellcheck disable=SC2059 # the format is ours
  die "$(printf "$cluster_usage" "$1")"
}

cluster_command() {
  case ${1:-} in
  up)
    shift
    cluster_state
    cluster_up "$@"
    ;;
  down)
    [ $# = 1 ] || cluster_die "down $2"
    cluster_state
    cluster_down
    ;;
  status | drain | -h | --help) run_cli cluster "$@" ;;
  '') cluster_die "nothing" ;;
  *) cluster_die "$1" ;;
  esac
}

# Apart from the single node's: its processes, logs and the client's file of the cluster lie in a folder of their own.
cluster_state() {
  need_home
  ASH_HOME=$ASH_HOME/cluster
  run_dir=$ASH_HOME/run
  log_dir=$ASH_HOME/logs
  export ASH_HOME
}

cluster_up() {
  nodes=3
  first_port=4100
  while [ $# -gt 0 ]; do
    case $1 in
    --nodes=* | --port=*)
      option=${1%%=*}
      value=${1#*=}
      shift
      set -- "$option" "$value" "$@"
      continue
      ;;
    --nodes | --port)
      [ $# -ge 2 ] || cluster_die "$1 without a value"
      if [ "$1" = --nodes ]; then nodes=$2; else first_port=$2; fi
      shift
      ;;
    *) cluster_die "up $1" ;;
    esac
    shift
  done
  case $nodes in [1-9]) ;; *) cluster_die "--nodes $nodes" ;; esac
  case $first_port in '' | *[!0-9]* | ??????*) cluster_die "--port $first_port" ;; esac
  running cluster-node-1 >/dev/null && die "the cluster is running already; see ./ash cluster status, or end it with ./ash cluster down"
  port=$first_port
  while [ "$port" -lt $((first_port + nodes)) ]; do
    if owner=$(port_owner "$port"); then
      die "port $port is in use by $owner. Choose others: ./ash cluster up --port $((first_port + 100))"
    fi
    port=$((port + 1))
  done
  find_jdk
  install_tools
  find_postgres
  ensure_built
  rm -rf "$ASH_HOME/data" "$ASH_HOME/postgres"
  make_home
  # However this ends before all are up, nothing is left behind.
  trap 'cluster_abort' EXIT
  trap 'exit 130' INT TERM
  start_postgres
  choose_model
  [ "$model" = own ] || start_scripted_model
  cluster_secrets
  seeds=
  n=1
  while [ "$n" -le "$nodes" ]; do
    seeds=${seeds:+$seeds,}127.0.0.1:$((first_port + 13300 + n))
    n=$((n + 1))
  done
  n=1
  while [ "$n" -le "$nodes" ]; do
    start_cluster_node "$n"
    n=$((n + 1))
  done
  await_cluster
  trap - EXIT INT TERM
  management=http://127.0.0.1:$((first_port + 3501))
  cli cluster status --management "$management"
  # A key that lies in a file is not shown: this output may be kept.
  if [ -n "$key_file" ]; then
    printf "\nexport ASH_SERVER_URL=http://127.0.0.1:%s ASH_API_KEY_FILE='%s'\n" "$first_port" "$key_file"
  else
    printf '\nexport ASH_SERVER_URL=http://127.0.0.1:%s ASH_API_KEY=%s\n' "$first_port" "$ASH_API_KEY"
  fi
  printf 'export ASH_MANAGEMENT_URL=%s ASH_INTERNAL_SECRET=%s\n' "$management" "$ASH_INTERNAL_SECRET"
  printf '\nThen: ./ash deploy ./examples/hello-agent; ./ash chat hello-agent "Hello"; ./ash cluster status\n'
  printf 'Kill one: kill -9 %s (node 1). Logs: %s/node-*.log. End: ./ash cluster down\n' "$(running cluster-node-1)" "$log_dir"
}

start_cluster_node() {
  : >"$log_dir/node-$1.log"
  (
    ASH_PORT=$((first_port + $1 - 1))
    ASH_HOST=127.0.0.1
    ASH_NODE_HOST=127.0.0.1
    ASH_REMOTING_PORT=$((first_port + 13300 + $1))
    ASH_MANAGEMENT_PORT=$((first_port + 3500 + $1))
    ASH_CLUSTER_SEEDS=$seeds
    ASH_DATABASE_URL=postgres://ash:$postgres_password@127.0.0.1:$postgres_port/postgres
    ASH_DATA_DIR=$ASH_HOME/data/node-$1
    : "${ASH_NODE_HEAP:=512m}"
    ASH_BUILD=never
    export ASH_PORT ASH_HOST ASH_NODE_HOST ASH_REMOTING_PORT ASH_MANAGEMENT_PORT ASH_CLUSTER_SEEDS
    export ASH_DATABASE_URL ASH_DATA_DIR ASH_NODE_HEAP ASH_BUILD
    (umask 077 && mkdir -p "$ASH_DATA_DIR")
    detach "cluster-node-$1" "$log_dir/node-$1.log" "$ASH_ROOT/ash" start --foreground
  )
  say "node $1: starting, API on port $((first_port + $1 - 1)), management on port $((first_port + 3500 + $1))"
}

# Fresh ones for each cluster, unless the caller has set them.
cluster_secrets() {
  key_file=${ASH_API_KEY_FILE:-}
  if [ -n "$key_file" ]; then
    [ -z "${ASH_API_KEY:-}" ] || die "ASH_API_KEY: set, and so is ASH_API_KEY_FILE (expected: only one of them)"
    ASH_API_KEY=$(cat "$key_file") || die "ASH_API_KEY_FILE: $key_file cannot be read (expected: a file with a key)"
    # Blanks around it and the line's end are none of it, as for the node and the client.
    ASH_API_KEY=${ASH_API_KEY#"${ASH_API_KEY%%[![:space:]]*}"}
    ASH_API_KEY=${ASH_API_KEY%"${ASH_API_KEY##*[![:space:]]}"}
    [ -n "$ASH_API_KEY" ] || die "ASH_API_KEY_FILE: $key_file is empty (expected: a file with a key)"
    unset ASH_API_KEY_FILE
  fi
  : "${ASH_API_KEY:=ash_$(random_text)}"
  : "${ASH_INTERNAL_SECRET:=$(random_text)}"
  export ASH_API_KEY ASH_INTERNAL_SECRET
}

random_text() {
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

await_cluster() {
  cluster_until=$(($(date +%s) + 120))
  while :; do
    ready=0
    n=1
    while [ "$n" -le "$nodes" ]; do
      running "cluster-node-$n" >/dev/null || cluster_failed "node $n ended"
      ! grep -q 'Ash listens on' "$log_dir/node-$n.log" || ready=$((ready + 1))
      n=$((n + 1))
    done
    [ "$ready" -lt "$nodes" ] || return 0
    [ "$(date +%s)" -lt "$cluster_until" ] || cluster_failed "only $ready of $nodes nodes are up after 120 s"
    [ $((($(date +%s) - began) % 5)) -ne 0 ] || say "cluster: $ready of $nodes nodes are up"
    sleep 1
  done
}

cluster_failed() {
  tail -n 10 "$log_dir"/node-*.log >&2
  die "the cluster did not start: $1; see above"
}

cluster_abort() {
  trap - EXIT INT TERM
  cluster_end
  exit 1
}

cluster_end() {
  for n in 1 2 3 4 5 6 7 8 9; do
    # All together, or each would wait for the others to take its sessions over.
    ! node_pid=$(running "cluster-node-$n") || kill -TERM "$node_pid" 2>/dev/null || true
  done
  for n in 1 2 3 4 5 6 7 8 9; do
    stop_process "cluster-node-$n"
  done
  stop_process model
  stop_postgres
  rm -rf "$ASH_HOME/data" "$ASH_HOME/postgres"
}

cluster_down() {
  if [ ! -d "$ASH_HOME/postgres" ] && ! running cluster-node-1 >/dev/null; then
    printf 'No cluster is running.\n'
    return
  fi
  say "cluster: stopping"
  cluster_end
  printf 'The cluster is gone, with its data. Logs: %s\n' "$log_dir"
}

# ---- PostgreSQL

find_postgres() {
  postgres_programs && return
  if is_root && command -v apt-get >/dev/null; then
    say "PostgreSQL: installing with apt-get"
    postgres_log=$(mktemp)
    # Its package would make and start a database of its own.
    mkdir -p /etc/postgresql-common
    [ -f /etc/postgresql-common/createcluster.conf ] ||
      printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    if ! { DEBIAN_FRONTEND=noninteractive apt-get install -y -q postgresql ||
      { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q postgresql; }; } >"$postgres_log" 2>&1; then
      tail -n 20 "$postgres_log" >&2
      rm -f "$postgres_log"
      die "could not install PostgreSQL; try: apt-get update && apt-get install -y postgresql"
    fi
    rm -f "$postgres_log"
    postgres_programs && return
  fi
  die "PostgreSQL's server programs (initdb, pg_ctl) are missing; install the package 'postgresql' (Debian and Ubuntu: sudo apt-get install -y postgresql)"
}

# Debian keeps them off the path, by version.
postgres_programs() {
  if command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then
    postgres_bin=$(dirname "$(command -v initdb)")
    return
  fi
  postgres_bin=
  for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    [ ! -x "$bin/initdb" ] || postgres_bin=$bin
  done
  [ -n "$postgres_bin" ]
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if is_root; then
    setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
  else
    "$@"
  fi
}

start_postgres() {
  postgres_port=$((first_port + 1332))
  postgres_password=$(random_text)
  postgres_dir=$ASH_HOME/postgres
  mkdir -p "$postgres_dir"
  if is_root; then
    # Its user has to get to a folder that may lie below root's own.
    postgres_dir=$(mktemp -d /tmp/ash-cluster-postgres.XXXXXX)
    printf '%s' "$postgres_dir" >"$ASH_HOME/postgres/where"
    chown postgres "$postgres_dir"
  fi
  printf '%s' "$postgres_password" | (umask 077 && as_postgres tee "$postgres_dir/password" >/dev/null)
  as_postgres "$postgres_bin/initdb" -D "$postgres_dir/data" -U ash --auth=scram-sha-256 --pwfile="$postgres_dir/password" \
    --encoding=UTF8 --locale=C >"$log_dir/postgres.log" 2>&1 || postgres_failed
  as_postgres "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -w -t 60 -l "$postgres_dir/log" \
    -o "-p $postgres_port -k '$postgres_dir' -c listen_addresses=127.0.0.1 -c max_connections=300" start >>"$log_dir/postgres.log" 2>&1 || postgres_failed
  say "PostgreSQL: listening on port $postgres_port"
}

postgres_failed() {
  tail -n 20 "$log_dir/postgres.log" >&2
  [ ! -f "$postgres_dir/log" ] || tail -n 20 "$postgres_dir/log" >&2
  die "PostgreSQL did not start; see above"
}

stop_postgres() {
  postgres_dir=$ASH_HOME/postgres
  [ ! -f "$postgres_dir/where" ] || postgres_dir=$(cat "$postgres_dir/where")
  [ -d "$postgres_dir/data" ] || return 0
  postgres_programs || return 0
  as_postgres "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$postgres_dir"
}
