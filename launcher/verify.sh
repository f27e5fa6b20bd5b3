# Runs the tests and says in one line what came of them.

test_command() {
  groups=
  excluded=cluster,soak,browser
  while [ $# -gt 0 ]; do
    case $1 in
    --all) groups='' excluded='' ;;
    --cluster | --soak | --browser) groups=${groups:+$groups|}${1#--} excluded='' ;;
    --)
      shift
      break
      ;;
    *) die "test: $1 (expected: --all, --cluster, --soak, --browser, or -- and arguments for Maven)" ;;
    esac
    shift
  done
  find_jdk
  command -v mvn >/dev/null || die "needs Maven 3.8 or newer; install the package 'maven' (Debian and Ubuntu: apt-get install -y maven)"
  case $excluded in
  *soak*) ;;
  *) case $groups in '' | *soak*) install_test_tools || say 'tests: some tools are missing, their tests are skipped' ;; esac ;;
  esac
  use_agent
  # The tests that start a node take what this builds.
  ensure_built
  find "$ASH_ROOT" -path '*/target/surefire-reports/TEST-*.xml' -exec rm -f {} +
  maven_options
  maven_status=0
  (
    cd "$ASH_ROOT"
    ASH_BUILD=never
    export ASH_BUILD
    # Nodes of the tests are started from what was built: with its AOT cache that takes half of the time.
    set -- mvn -B -fae "-Dtest.program=$node_home" verify "-Dtest.excludedGroups=$excluded" ${groups:+"-Dgroups=$groups"} "$@"
    [ -z "${ASH_TEST_TIMEOUT:-}" ] || set -- timeout --kill-after=30 "$ASH_TEST_TIMEOUT" "$@"
    exec "$@"
  ) || maven_status=$?
  summary=$(count_tests)
  case $summary in
  '0 passed, 0 failed, '*)
    warn "no test ran"
    test_status=1
    ;;
  *' passed, 0 failed, '*) test_status=$maven_status ;;
  *) test_status=1 ;;
  esac
  leaks=$(leaked_secrets)
  if [ -n "$leaks" ]; then
    warn "a secret of the tests stands in what they or their nodes printed: $leaks"
    test_status=1
  fi
  [ "$maven_status" != 124 ] || warn "the tests took longer than $ASH_TEST_TIMEOUT"
  [ "$maven_status" = 0 ] || warn "Maven ended with $maven_status; see above"
  # Maven may leave a line open.
  printf '\n%s\n' "$summary"
  exit "$test_status"
}

# Adds up the test suites of every module's report.
count_tests() {
  find "$ASH_ROOT" -path '*/target/surefire-reports/TEST-*.xml' -exec sed -n 's/.*<testsuite \(.*\)/\1/p' {} + | awk '
    function number(name) {
      return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) + 0 : 0
    }
    { $0 = " " $0; failed += number("errors") + number("failures"); skipped += number("skipped"); all += number("tests") }
    END { printf "%d passed, %d failed, %d skipped", all - failed - skipped, failed, skipped }'
}

# The reports whose recorded output has a secret: those of the tests have the word 'canary' in them.
leaked_secrets() {
  find "$ASH_ROOT" -path '*/target/surefire-reports/TEST-*.xml' -exec awk '
    FNR == 1 { inside = 0; told = 0 }
    /<system-(out|err)/ { inside = 1 }
    inside && !told && /canary/ { print FILENAME; told = 1 }
    /<\/system-(out|err)>/ { inside = 0 }' {} +
}
