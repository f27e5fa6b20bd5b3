# What Ash needs beside a JDK: bubblewrap for the sandboxes, and the agent itself as one native binary.

agent_version=0.3.330

agent_binary() {
  printf '%s/claude-%s/claude' "$ASH_TOOLS" "$agent_version"
}

# The npm package with the binary for this machine.
agent_package() {
  case $(uname -m) in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) die "no agent binary for the machine type $(uname -m) (expected: x86_64 or aarch64); set CLAUDE_CODE_EXECUTABLE to one you have" ;;
  esac
  libc=
  for loader in /lib/ld-musl-*; do
    [ -e "$loader" ] && libc=-musl
  done
  printf '@anthropic-ai/claude-agent-sdk-linux-%s%s' "$arch" "$libc"
}

# apt_install PACKAGE...: with the lists that are there, else with new ones.
apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" ||
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@"; }
}

install_bubblewrap() {
  if command -v bwrap >/dev/null; then
    say "bubblewrap: $(command -v bwrap)"
    return
  fi
  if is_root && command -v apt-get >/dev/null; then
    say "bubblewrap: installing with apt-get"
    bubblewrap_log=$(mktemp)
    if ! apt_install bubblewrap >"$bubblewrap_log" 2>&1; then
      tail -n 20 "$bubblewrap_log" >&2
      rm -f "$bubblewrap_log"
      die "could not install bubblewrap; try: apt-get update && apt-get install -y bubblewrap"
    fi
    rm -f "$bubblewrap_log"
    return
  fi
  if command -v apt-get >/dev/null; then
    die "bubblewrap (bwrap) is missing; install it with: sudo apt-get update && sudo apt-get install -y bubblewrap"
  fi
  die "bubblewrap (bwrap) is missing; install the package 'bubblewrap' with this system's package manager"
}

# Downloads into a folder of its own and renames it at the end: what has the final name is whole.
install_agent() {
  if [ -n "${CLAUDE_CODE_EXECUTABLE:-}" ]; then
    [ -x "$CLAUDE_CODE_EXECUTABLE" ] || die "CLAUDE_CODE_EXECUTABLE: $CLAUDE_CODE_EXECUTABLE (expected: an executable file)"
    say "agent: $CLAUDE_CODE_EXECUTABLE (CLAUDE_CODE_EXECUTABLE)"
    return
  fi
  if [ -x "$(agent_binary)" ]; then
    say "agent: $(agent_binary)"
    return
  fi
  command -v npm >/dev/null ||
    die "the agent binary comes through npm, which is missing; install the package 'npm' (Debian and Ubuntu: apt-get install -y npm), or set CLAUDE_CODE_EXECUTABLE to a claude binary you have"
  package=$(agent_package)
  mkdir -p "$ASH_TOOLS"
  download=$(mktemp -d "$ASH_TOOLS/download.XXXXXX")
  trap 'rm -rf "$download"' EXIT
  trap 'exit 130' INT TERM
  say "agent: fetching $package@$agent_version with npm (about 170 MB)"
  npm pack "$package@$agent_version" --pack-destination "$download" >"$download/log" 2>&1 &
  pack=$!
  waited=0
  while kill -0 "$pack" 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
    [ $((waited % 5)) -ne 0 ] || say "agent: still fetching"
  done
  if ! wait "$pack"; then
    tail -n 20 "$download/log" >&2
    die "npm could not fetch $package@$agent_version; see above. To use a binary you have, set CLAUDE_CODE_EXECUTABLE"
  fi
  say "agent: unpacking (about 380 MB)"
  mkdir "$download/claude-$agent_version"
  tar -xzf "$download"/*.tgz -C "$download/claude-$agent_version" --strip-components=1 package/claude ||
    die "the package $package@$agent_version could not be unpacked into $ASH_TOOLS (is the disk full?)"
  chmod 755 "$download/claude-$agent_version" "$download/claude-$agent_version/claude"
  rm -rf "${ASH_TOOLS:?}/claude-$agent_version"
  mv "$download/claude-$agent_version" "$ASH_TOOLS/"
  rm -rf "$download"
  trap - EXIT INT TERM
  say "agent: $(agent_binary)"
}

install_tools() {
  install_bubblewrap
  install_agent
}

# Lets the node and the tests find the installed agent; what the caller set stays.
use_agent() {
  if [ -z "${CLAUDE_CODE_EXECUTABLE:-}" ] && [ -x "$(agent_binary)" ]; then
    CLAUDE_CODE_EXECUTABLE=$(agent_binary)
    export CLAUDE_CODE_EXECUTABLE
  fi
}
