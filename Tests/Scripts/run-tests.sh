#!/usr/bin/env bash
# Runs `swift test` with the given arguments and fails where it ran no test (a filter that matches nothing exits 0),
# or where a test was skipped although everything is required (AFM_REQUIRE_ALL=1).
#
# `run-tests.sh --beside REGEX ...` runs two processes side by side, one with the tests whose names match REGEX and one
# with all others. Many tests wait more than they compute, and one process runs only as many at once as there are
# processors. The tests are to be built before.
set -euo pipefail
logs=$(mktemp -d)
run=

# However this ends, what still runs ends too, and what it printed is not lost.
end() {
  if [ -n "$run" ]; then
    kill "$run" 2>/dev/null || true
    cat "$logs/some"
  fi
  rm -rf "$logs"
}
trap end EXIT

tests() {
  ${SWIFT:-swift} test --disable-xctest "$@" 2>&1
}

# check LOG ARGUMENTS...: whether a run that ended well ran all that it was to run.
check() {
  local log=$1 ran skipped
  shift
  ran=$(sed -n 's/.*Test run with \([0-9]*\) test.* passed.*/\1/p' "$log" | tail -1)
  [ "${ran:-0}" -gt 0 ] || { echo "run-tests: no test ran with: $*" >&2; return 1; }
  skipped=$(grep -c '^➜ .* skipped' "$log" || true)
  if [ "$skipped" != 0 ]; then
    echo "run-tests: $skipped skipped:" >&2
    grep '^➜ .* skipped' "$log" >&2
    [ "${AFM_REQUIRE_ALL:-0}" != 1 ] || return 1
  fi
}

status=0
if [ "${1:-}" = --beside ]; then
  some=$2
  shift 2
  # Of several filters the tests of each are run.
  for argument; do
    [ "$argument" != --filter ] || { echo "run-tests: --beside goes with --skip, not with --filter" >&2; exit 1; }
  done
  (exec ${SWIFT:-swift} test --disable-xctest --skip-build --ignore-lock "$@" --filter "$some") >"$logs/some" 2>&1 &
  run=$!
  # Each plans the build anew: not while the other does.
  while kill -0 "$run" 2>/dev/null && ! grep -q 'Test run started' "$logs/some"; do sleep 0.2; done
  tests --skip-build --ignore-lock "$@" --skip "$some" | tee "$logs/others" || status=$?
  wait "$run" || status=$?
  run=
  cat "$logs/some"
  [ "$status" = 0 ] || exit "$status"
  check "$logs/some" "$@" --filter "$some"
  check "$logs/others" "$@" --skip "$some"
else
  tests "$@" | tee "$logs/all" || status=$?
  [ "$status" = 0 ] || exit "$status"
  check "$logs/all" "$@"
fi
