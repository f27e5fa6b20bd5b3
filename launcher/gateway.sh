# The gateway tools are a program of their own: the client must not start slower for them.

run_gateway() {
  find_jdk
  [ -f "$gateway_home/ash-gateway-$version.jar" ] || ensure_built
  [ -f "$gateway_home/ash-gateway-$version.jar" ] || locked_build
  exec "$JAVA_HOME/bin/java" -Xmx768m -XX:+UseSerialGC \
    -cp "$(class_path "$gateway_home" ash-gateway)" dev.ash.gateway.Main "$@"
}
