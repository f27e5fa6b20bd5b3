# The MCP server is a program of its own. Its standard output is the protocol, so a build before it must not write there.

run_mcp() {
  find_jdk
  [ -f "$mcp_home/ash-mcp-$version.jar" ] || ensure_built >&2
  [ -f "$mcp_home/ash-mcp-$version.jar" ] || locked_build >&2
  exec "$JAVA_HOME/bin/java" -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData \
    -cp "$(class_path "$mcp_home" ash-mcp)" dev.ash.mcp.Main "$@"
}
