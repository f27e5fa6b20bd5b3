# From a fresh clone to an agent's streamed answer.

quickstart() {
  [ $# = 0 ] || die "quickstart: $1 (expected: no arguments)"
  need_home
  find_jdk
  say "JDK: $JAVA_HOME"
  install_tools
  ensure_built
  choose_model
  retire_old_node
  if node_pid=$(running node); then
    node_url=$(cat "$run_dir/node.url")
    say "node: already running (pid $node_pid) at $node_url"
  else
    [ "$model" = own ] || start_scripted_model
    : "${ASH_HOST:=127.0.0.1}"
    export ASH_HOST
    start_in_background quickstart
    printf '%s' "$model" >"$run_dir/node.model"
    say "node: starting at $node_url, data in $ASH_DATA_DIR"
    await_node --quiet
    say "node: ready"
  fi
  cli hello --url "$node_url" "$ASH_ROOT/examples/hello-agent"
}

# The caller's own model when there is a way to reach one, and the scripted one when not.
choose_model() {
  model=own
  if [ -n "${ANTHROPIC_API_KEY:-}" ]; then
    say "model: ${ANTHROPIC_BASE_URL:-the public Messages API} with ANTHROPIC_API_KEY"
  elif [ -n "${ANTHROPIC_AUTH_TOKEN:-}" ]; then
    say "model: ${ANTHROPIC_BASE_URL:-the public Messages API} with ANTHROPIC_AUTH_TOKEN"
  else
    model=scripted
    say "model: the scripted model of this repository (set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN to talk to a real one)"
  fi
}

# A node built or set up for something else makes room for one that fits.
retire_old_node() {
  running node >/dev/null || return 0
  if [ -n "$(find "$build_stamp" -newer "$run_dir/node.pid" 2>/dev/null)" ]; then
    say "node: the one that runs was built earlier, stopping it"
  elif [ "$(cat "$run_dir/node.model" 2>/dev/null)" != "$model" ]; then
    say "node: the one that runs uses another model, stopping it"
  elif [ "$model" = scripted ] && ! running model >/dev/null; then
    say "node: its model is gone, stopping it"
  else
    return 0
  fi
  stop_process node
}

# Starts the scripted model on a free port and points the node at it. It needs no key; the node insists on one.
start_scripted_model() {
  stop_process model
  make_home
  : >"$log_dir/model.log"
  model_path=$ASH_ROOT/scripted-model/target/ash-scripted-model-$version.jar
  for jar in "$cli_home"/lib/jackson-*.jar; do
    model_path=$model_path:$jar
  done
  detach model "$log_dir/model.log" "$JAVA_HOME/bin/java" -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -cp "$model_path" dev.ash.scriptedmodel.Main --port 0
  model_until=$(($(date +%s) + 20))
  while :; do
    ANTHROPIC_BASE_URL=$(sed -n 's#.*\(http://[^/ ]*\).*#\1#p' "$log_dir/model.log" | head -n 1)
    [ -z "$ANTHROPIC_BASE_URL" ] || break
    if ! running model >/dev/null || [ "$(date +%s)" -ge "$model_until" ]; then
      tail -n 20 "$log_dir/model.log" >&2
      die "the scripted model did not start; see above"
    fi
    moment
  done
  ANTHROPIC_API_KEY=scripted
  export ANTHROPIC_BASE_URL ANTHROPIC_API_KEY
  say "model: listening at $ANTHROPIC_BASE_URL"
}
