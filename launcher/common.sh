# Words for the person at the terminal.

began=$(date +%s)

# One line of progress with the seconds since the start, on stderr: stdout belongs to results.
say() {
  printf '[%4ss] %s\n' "$(($(date +%s) - began))" "$*" >&2
}

warn() {
  printf 'ash: %s\n' "$*" >&2
}

die() {
  warn "$@"
  exit 1
}

is_root() {
  [ "$(id -u)" = 0 ]
}

need_home() {
  case $ASH_HOME in
  /.ash) die "HOME is not set: set ASH_HOME to the folder that keeps this installation's state" ;;
  esac
}

# Waits a moment; a shell whose sleep knows no fractions waits a second.
moment() {
  sleep 0.2 2>/dev/null || sleep 1
}
