# Finds a JDK by its release file, without starting a JVM.

wanted_jdk=25

jdk_version() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9][0-9]*\).*/\1/p' "$1/release"
}

suits() {
  [ -n "$1" ] || return 1
  suits_version=$(jdk_version "$1")
  [ "${suits_version:-0}" -ge "$wanted_jdk" ]
}

# Sets and exports JAVA_HOME. ASH_JDK_DIRS, separated by colons, replaces the folders looked through last.
find_jdk() {
  if suits "${JAVA_HOME:-}"; then
    export JAVA_HOME
    return
  fi
  if on_path=$(command -v java); then
    on_path=$(readlink -f "$on_path" 2>/dev/null || printf '%s' "$on_path")
    on_path=${on_path%/bin/java}
    if suits "$on_path"; then
      JAVA_HOME=$on_path
      export JAVA_HOME
      return
    fi
  fi
  folders=${ASH_JDK_DIRS-/usr/lib/jvm:/opt/java:/opt:/usr/java:/usr/local/lib/jvm:${HOME:-}/.sdkman/candidates/java:${HOME:-}/.jdks}
  old_ifs=$IFS
  IFS=:
  # shellcheck disable=SC2086 # the list is meant to be split
  set -- $folders
  IFS=$old_ifs
  for folder in "$@"; do
    for candidate in "$folder" "$folder"/*; do
      if suits "$candidate"; then
        JAVA_HOME=$candidate
        export JAVA_HOME
        return
      fi
    done
  done
  die "needs a JDK $wanted_jdk or newer and found none (JAVA_HOME, PATH, $folders).
Install one, for example Eclipse Temurin $wanted_jdk (Debian and Ubuntu: package temurin-$wanted_jdk-jdk or openjdk-$wanted_jdk-jdk-headless),
or set JAVA_HOME to the folder of one that is installed."
}
