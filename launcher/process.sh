# Background processes by pid file. A file holds the pid and the start time, so a number given to someone else is not ours.

run_dir=$ASH_HOME/run
log_dir=$ASH_HOME/logs

# The start time of a living process; nothing for one that is gone or only waits to be reaped.
process_started() {
  if [ -r /proc/self/stat ]; then
    # The name in brackets may hold anything; what counts stands after the last bracket.
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | while read -r state rest; do
      [ "$state" != Z ] || break
      # shellcheck disable=SC2086 # the fields are meant to be split
      set -- $rest
      shift 18
      printf '%s' "$1"
    done
  else
    ps -o lstart= -p "$1" 2>/dev/null | tr -d ' '
  fi
}

# The state folder is its owner's alone: the log of a first start holds a key.
make_home() {
  need_home
  (umask 077 && mkdir -p "$ASH_HOME" "$run_dir" "$log_dir")
}

remember_process() {
  printf '%s %s\n' "$2" "$(process_started "$2")" >"$run_dir/$1.pid"
}

# Prints the pid of the named process of ours, and fails when it does not run.
running() {
  [ -r "$run_dir/$1.pid" ] || return 1
  read -r running_pid running_since <"$run_dir/$1.pid" || return 1
  case $running_pid in
  '' | *[!0-9]*) return 1 ;;
  esac
  [ -n "$running_since" ] && [ "$(process_started "$running_pid")" = "$running_since" ] || return 1
  printf '%s' "$running_pid"
}

# Asks with SIGTERM, waits, and insists only after a minute.
stop_process() {
  if ! stop_pid=$(running "$1"); then
    rm -f "$run_dir/$1.pid"
    return
  fi
  kill -TERM "$stop_pid" 2>/dev/null || true
  stop_until=$(($(date +%s) + 60))
  while running "$1" >/dev/null; do
    if [ "$(date +%s)" -ge "$stop_until" ]; then
      warn "process $stop_pid ($1) did not end within 60 s of SIGTERM and is killed"
      kill -KILL "$stop_pid" 2>/dev/null || true
    fi
    moment
  done
  rm -f "$run_dir/$1.pid"
}

# Starts a program that outlives the terminal: detach NAME LOG COMMAND...
detach() {
  detach_name=$1
  detach_log=$2
  shift 2
  make_home
  setsid=
  ! command -v setsid >/dev/null || setsid=setsid
  # shellcheck disable=SC2086 # setsid may be absent
  nohup $setsid "$@" </dev/null >>"$detach_log" 2>&1 &
  remember_process "$detach_name" $!
}

# Who listens on a TCP port: "name (pid N)", or "another process" when /proc does not tell. Fails when nobody does.
port_owner() {
  [ -r /proc/net/tcp ] || return 1
  port_inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port="$(printf '%04X' "$1")" '$4 == "0A" && $2 ~ (":" port "$") { print $10; exit }')
  [ -n "$port_inode" ] || return 1
  for port_fd in /proc/[0-9]*/fd/*; do
    if [ "$(readlink "$port_fd" 2>/dev/null)" = "socket:[$port_inode]" ]; then
      port_pid=${port_fd#/proc/}
      port_pid=${port_pid%%/*}
      printf '%s (pid %s)' "$(cat "/proc/$port_pid/comm")" "$port_pid"
      return
    fi
  done
  printf 'another process'
}
