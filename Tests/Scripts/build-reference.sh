#!/usr/bin/env bash
# Builds the library reference of every room with docc, a warning being an error, and merges the archives.
# Usage: build-reference.sh OUTPUT
set -euo pipefail
output=${1:?OUTPUT}
build=$output/build
docc=$(dirname "$(readlink -f "$(command -v swiftc)")")/docc
[ -x "$docc" ] || docc=$(command -v docc)
rm -rf "$output/graphs" "$output/archives" "$output/reference.doccarchive"
mkdir -p "$output/graphs" "$output/archives"
# The symbol graph of the test bundle cannot be made without the tests; its failure says nothing of the rooms.
swift package --scratch-path "$build" dump-symbol-graph --minimum-access-level public >"$output/graphs.log" 2>&1 ||
  { grep -q 'Files written to' "$output/graphs.log" || { tail -20 "$output/graphs.log" >&2; exit 1; }; }
graphs=$(sed -n 's/^Files written to //p' "$output/graphs.log" | tail -1)
archives=()
failed=0
for graph in "$graphs"/*.symbols.json; do
  room=$(basename "$graph" .symbols.json)
  room=${room%%@*}
  # Only the rooms written in Swift have a reference; the C rooms' headers are read where they are.
  [ -d "Sources/$room" ] && [ ! -f "Sources/$room/main.swift" ] || continue
  [ -n "$(find "Sources/$room" -name '*.swift' -print -quit)" ] || continue
  mkdir -p "$output/graphs/$room"
  cp "$graphs/$room".symbols.json "$graphs/$room"@*.symbols.json "$output/graphs/$room/" 2>/dev/null ||
    cp "$graphs/$room".symbols.json "$output/graphs/$room/"
  [ -d "$output/archives/$room.doccarchive" ] && continue
  "$docc" convert --additional-symbol-graph-dir "$output/graphs/$room" --fallback-display-name "$room" \
    --fallback-bundle-identifier "afmd.$room" --warnings-as-errors --output-dir "$output/archives/$room.doccarchive" \
    >"$output/$room.log" 2>&1 || { echo "build-reference: $room" >&2; cat "$output/$room.log" >&2; failed=1; }
  archives+=("$output/archives/$room.doccarchive")
done
[ "$failed" = 0 ] || exit 1
[ "${#archives[@]}" -gt 0 ] || { echo "build-reference: no room found" >&2; exit 1; }
"$docc" merge "${archives[@]}" --output-path "$output/reference.doccarchive" >/dev/null
echo "library reference of ${#archives[@]} rooms: $output/reference.doccarchive"
