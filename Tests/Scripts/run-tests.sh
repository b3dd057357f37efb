#!/usr/bin/env bash
# Runs `swift test` with the given arguments and fails where it ran no test (a filter that matches nothing exits 0),
# or where a test was skipped although everything is required (AFM_REQUIRE_ALL=1).
set -euo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
${SWIFT:-swift} test --disable-xctest "$@" 2>&1 | tee "$log" || status=$?
[ "$status" = 0 ] || exit "$status"
ran=$(sed -n 's/.*Test run with \([0-9]*\) test.* passed.*/\1/p' "$log" | tail -1)
[ "${ran:-0}" -gt 0 ] || { echo "run-tests: no test ran with: $*" >&2; exit 1; }
skipped=$(grep -c '^➜ .* skipped' "$log" || true)
if [ "$skipped" != 0 ]; then
  echo "run-tests: $skipped skipped:" >&2
  grep '^➜ .* skipped' "$log" >&2
  [ "${AFM_REQUIRE_ALL:-0}" != 1 ] || exit 1
fi
