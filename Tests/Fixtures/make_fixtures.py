#!/usr/bin/env python3
"""Makes the state directories of Tests/Fixtures, with the programs of the version that they are to keep.

    make_fixtures.py PROGRAMS BROKER [NAME...]

PROGRAMS is the folder with afmd and afmctl, BROKER the script that starts an Apache Kafka. README.md beside this file
says what is in a fixture, and why the committed ones are not made anew.
"""
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# A position belongs to a cluster and a topic: a fixture can be continued only on a cluster with this id.
CLUSTER = "Zml4dHVyZXNvZmFmbWQwMQ"

FEATURES = """\
  features:
    - user
    - item
    - {name: category, path: item_data.category}
    - {name: tags, kind: list}
    - {name: price, path: item_data.price, kind: numeric, transform: log1p}
    - {name: hour, path: at, kind: time, part: hour}
  crosses: [[category, hour]]
"""

SOCKETS = """\
sockets:
  score: {path: "${FIXTURE_SOCKETS}/score.sock"}
  control: {path: "${FIXTURE_SOCKETS}/control.sock"}
log: {level: debug}
"""

SETTINGS = {
    # Four partitions: journal, rollbacks of both kinds, skips ahead, increments, a pin, labels that come later, Platt.
    "partitions": """\
state_directory: ${FIXTURE_STATE}
source:
  kind: kafka
  kafka: {bootstrap: "${KAFKA_BOOTSTRAP}", topic: fixture-partitions}
schema:
  importance: weight
  time: {path: at}
  served_score: served
""" + FEATURES + """\
learning:
  embedding_size: 8
  attention_size: 8
  label_delay: 1h
  calibration: {kind: platt}
  table: {slots: 512}
progressive_validation: {window: 100, slices: [category], slice_values: 4}
snapshots: {every: null, keep: 4, full_after_share: 10, full_after_count: 6}
""" + SOCKETS,
    # A followed file: labels with times of their own, isotonic calibration, forgetting, a table that is too small.
    "followed": """\
state_directory: ${FIXTURE_STATE}
source:
  kind: file
  file: {path: "${FIXTURE_FILE}", follow: true}
schema:
  time: {path: at}
  label: {time: {path: labeled_at}}
""" + FEATURES + """\
learning:
  embedding_size: 4
  attention_size: 8
  calibration: {kind: isotonic, refresh_events: 40, half_life_events: 200}
  forgetting: {half_life: 6h, weights: true}
  table: {slots: 128}
progressive_validation: {window: 50, slices: [category, hour], slice_values: 3}
snapshots: {every: null, keep: 4, full_after_share: 10, full_after_count: 6}
""" + SOCKETS,
    # Positives alone: negatives are sampled, positives ranked; snapshots come by count while a file is read in one go.
    "sampling": """\
state_directory: ${FIXTURE_STATE}
source:
  kind: file
  file: {path: "${FIXTURE_FILE}"}
schema:
  time: {path: at}
""" + FEATURES + """\
learning:
  embedding_size: 8
  attention_size: 4
  dropout: 0.1
  label_delay: 20m
  negative_sampling: {field: item, with: [category, price], user: user, negatives: 2, reservoir: 24, users: 12, recent: 4}
  table: {slots: 512}
progressive_validation: {window: 60, ranking_candidates: 10, ranking_every: 5}
snapshots: {every: null, every_events: 40, keep: 4, full_after_share: 10, full_after_count: 4}
""" + SOCKETS,
}


class Records:
    """Events that are made up: the same at every run."""

    def __init__(self, name):
        self.random = random.Random(name)
        self.positives_only = name == "sampling"
        self.count = 0

    def take(self, count):
        return [self.record() for _ in range(count)]

    def record(self):
        self.count += 1
        draw = self.random.random
        if self.count % 41 == 0:
            return ['{"user": "u1", "item"', '{"user":"u1","item":"i1","at":"2026-01-01T00:00:00Z"}', "[]"][self.count % 3]
        user, item = int(40 * draw() ** 2), int(60 * draw() ** 2)
        event = {
            "at": self.moment(0), "user": f"u{user}", "item": f"i{item}",
            "item_data": {"category": f"c{item % 6}", "price": round(1 + 99 * draw(), 2)},
            "tags": [f"t{(item + n) % 9}" for n in range(int(3 * draw()))],
            "label": 1 if self.positives_only or draw() < (0.2 + 0.6 * ((user + item) % 2)) else 0,
        }
        if self.count % 3 == 0:
            event["weight"] = round(0.25 + draw(), 3)
        if self.count % 4 == 0:
            event["served"] = round(draw() * 2 - 1, 4)
        if self.count % 2 == 0:
            event["labeled_at"] = self.moment(int(1 + 90 * draw()))
        return json.dumps(event, separators=(",", ":"))

    def moment(self, later):
        minutes = 2 * self.count + later
        return f"2026-01-{1 + minutes // 1440:02}T{minutes // 60 % 24:02}:{minutes % 60:02}:00Z"


class Kafka:
    """An Apache Kafka of the fixtures' cluster id."""

    def __init__(self, script, folder, topic, partitions):
        self.script, self.folder = script, folder
        folder.mkdir(parents=True)
        (folder / "cluster").write_text(CLUSTER + "\n")
        for _ in range(20):
            port = random.SystemRandom().randrange(21000, 21900)
            run = subprocess.run([script, "start", folder, "--port", str(port)], stdout=subprocess.DEVNULL)
            if run.returncode == 0:
                break
        self.bootstrap = f"127.0.0.1:{port}"
        self.topic = topic
        subprocess.run(
            [script, "tool", "topics", "--bootstrap-server", self.bootstrap, "--create", "--topic", topic, "--partitions",
             str(partitions)], check=True, stdout=subprocess.DEVNULL)

    def produce(self, records):
        """Lists of records, one a partition, all at the same time."""
        processes = []
        for partition, lines in enumerate(records):
            if not lines:
                continue
            command = ["kcat", "-b", self.bootstrap, "-P", "-t", self.topic, "-p", str(partition), "-D", "\n"]
            process = subprocess.Popen(command, stdin=subprocess.PIPE)
            process.stdin.write(text(lines).encode())
            process.stdin.close()
            processes.append(process)
        for process in processes:
            assert process.wait() == 0

    def close(self):
        subprocess.run([self.script, "destroy", self.folder], check=True)


class File:
    """A file that records are appended to."""

    def __init__(self, path):
        self.path = path
        path.touch()

    def produce(self, records):
        with open(self.path, "a") as file:
            file.write(text(records[0]))

    def close(self):
        self.path.unlink()


def text(lines):
    return "".join(line + "\n" for line in lines)


class Daemon:
    """afmd on a state directory."""

    def __init__(self, programs, folder, settings, source):
        self.programs, self.folder, self.source = programs, folder, source
        self.state = folder / "state"
        self.environment = dict(
            os.environ, FIXTURE_STATE=str(self.state), FIXTURE_SOCKETS=str(folder),
            KAFKA_BOOTSTRAP=getattr(source, "bootstrap", ""), FIXTURE_FILE=str(getattr(source, "path", "")))
        (folder / "afmd.yaml").write_text(settings)

    def start(self):
        log = open(self.folder / "afmd.log", "a")
        self.process = subprocess.Popen(
            [self.programs / "afmd", "--config", self.folder / "afmd.yaml"], env=self.environment, stderr=log, stdout=log)
        self.until("ready", lambda: self.status() is not None)

    def until(self, what, condition):
        for _ in range(1500):
            assert self.process.poll() is None, "the daemon ended:\n" + (self.folder / "afmd.log").read_text()
            if condition():
                return
            time.sleep(0.02)
        raise AssertionError(f"never {what}: {self.status()}\n" + (self.folder / "afmd.log").read_text()[-4000:])

    def ctl(self, *arguments):
        return subprocess.run(
            [self.programs / "afmctl", "--socket", self.folder / "control.sock", *arguments], check=True, text=True,
            stdout=subprocess.PIPE).stdout

    def status(self):
        run = subprocess.run(
            [self.programs / "afmctl", "--socket", self.folder / "control.sock", "status", "--json"], text=True,
            capture_output=True)
        return json.loads(run.stdout) if run.returncode == 0 else None

    def read(self):
        return self.status()["records"]["read"]

    def wait_read(self, count):
        self.until(f"{count} records read", lambda: self.read() >= count)
        assert self.read() == count, self.status()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait() == 0

    def offline(self, *arguments):
        return subprocess.run(
            [self.programs / "afmctl", "snapshots", *arguments, "--directory", self.state], check=True, text=True,
            stdout=subprocess.PIPE).stdout

    def export(self, snapshot, path):
        self.offline("export", str(snapshot), path)
        return path.read_bytes()


class Maker:
    """Leads one daemon through everything that its fixture is to hold."""

    def __init__(self, name, programs, broker, work):
        self.name, self.programs, self.broker, self.work = name, programs, broker, work
        self.partitions = 4 if name == "partitions" else 1
        self.made = Records(name)
        self.records = [[] for _ in range(self.partitions)]
        self.pinned = []
        (work / "first").mkdir(parents=True)
        self.daemon = Daemon(programs, work / "first", SETTINGS[name], self.source(work / "first"))

    def source(self, folder):
        if self.name == "partitions":
            return Kafka(self.broker, folder / "kafka", "fixture-partitions", self.partitions)
        return File(folder / "events.ndjson")

    def produce(self, count):
        """So many records to each partition, without waiting."""
        chunk = [self.made.take(count) for _ in range(self.partitions)]
        for kept, lines in zip(self.records, chunk):
            kept += lines
        self.daemon.source.produce(chunk)
        return count * self.partitions

    def learn(self, count):
        """So many records to each partition, learned."""
        before = self.daemon.read()
        self.daemon.wait_read(before + self.produce(count))

    def snapshot(self, *options):
        return int(self.daemon.ctl("snapshot", *options))

    def pin(self, snapshot):
        self.daemon.ctl("snapshots", "pin", str(snapshot))
        self.pinned.append(snapshot)

    def roll_back(self, snapshot, position):
        self.daemon.ctl("rollback", str(snapshot), "--position", position)

    def damage(self, snapshot):
        path = self.daemon.state / f"snapshots/{snapshot:06}/model.safetensors"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    def lose_a_rollback(self):
        """Leaves an ancestor with skips ahead of its position: a rollback `keep` whose target is then found damaged."""
        self.learn(9)
        self.snapshot("--full")
        self.learn(10)
        target = self.snapshot("--full")
        self.learn(11)
        self.roll_back(target, "keep")
        self.daemon.ctl("pause")
        self.daemon.kill()
        self.damage(target)
        self.daemon.start()
        snapshot = self.snapshot()
        shown = json.loads(self.daemon.offline("show", str(snapshot), "--json"))
        assert len(shown["skips"]) == self.partitions, shown
        before = self.daemon.read()
        self.daemon.ctl("resume")
        # What lay between the ancestor and the rollback's target, and beyond what stays skipped.
        self.daemon.wait_read(before + 10 * self.partitions)

    def partitions_and_followed(self):
        self.daemon.start()
        self.learn(20)
        first = self.snapshot("--full")
        self.learn(12)
        self.pin(self.snapshot())
        self.learn(10)
        kept = self.snapshot()
        self.learn(8)
        self.roll_back(kept, "keep")
        self.learn(12)
        self.snapshot()
        self.learn(9)
        before = self.daemon.read()
        rewound = self.snapshot()
        self.learn(9)
        self.roll_back(rewound, "rewind")
        self.daemon.wait_read(before + 9 * self.partitions)
        self.snapshot()
        self.lose_a_rollback()
        self.learn(7)
        if self.name == "followed":
            self.daemon.ctl("pause")

    def sampling(self):
        self.produce(90)
        self.daemon.start()
        self.daemon.wait_read(90)
        for count in [50, 45, 60]:
            self.learn_more_of_a_whole_file(count)
        self.pin(self.ids()[-2])
        before = self.daemon.read()
        self.roll_back(self.ids()[-1], "rewind")
        self.daemon.wait_read(before)
        for count in [50, 45]:
            self.learn_more_of_a_whole_file(count)
        self.roll_back(self.ids()[-1], "keep")
        for count in [45, 58]:
            self.learn_more_of_a_whole_file(count)
        self.ids()

    def learn_more_of_a_whole_file(self, count):
        """Kills the daemon and starts it again on a longer file: it reads a file that it does not follow to its end."""
        self.ids()
        before = self.daemon.read()
        self.daemon.kill()
        self.produce(count)
        self.daemon.start()
        self.daemon.wait_read(before + count)

    def ids(self):
        self.daemon.until("no snapshot is being written", lambda: not self.daemon.status()["snapshots"]["running"])
        return [entry["snapshot"] for entry in json.loads(self.daemon.ctl("snapshots", "list", "--json"))["snapshots"]]

    def make(self):
        print(self.name)
        (self.sampling if self.name == "sampling" else self.partitions_and_followed)()
        killed = self.facts(self.daemon)
        self.daemon.kill()
        self.daemon.source.close()
        fixture = self.work / "fixture"
        fixture.mkdir()
        shutil.copytree(self.daemon.state, fixture / "state")
        (fixture / "afmd.yaml").write_text(SETTINGS[self.name])
        (fixture / "records").mkdir()
        for partition, lines in enumerate(self.records):
            (fixture / f"records/{partition}.ndjson").write_text(text(lines))
        loaded = self.daemon.export("current", fixture / "loaded.safetensors")
        listed = json.loads(self.daemon.offline("list", "--json"))["snapshots"]
        shown = json.loads(self.daemon.offline("show", "current", "--json"))
        further = [self.made.take(30) for _ in range(self.partitions)]
        (fixture / "further").mkdir()
        for partition, lines in enumerate(further):
            (fixture / f"further/{partition}.ndjson").write_text(text(lines))
        again, learned, end = self.go_on(fixture, "second", killed["records_read"], further)
        once_more = self.go_on(fixture, "third", killed["records_read"], further)
        assert once_more == (again, learned, end), "the continuation is not the same twice"
        assert again == killed, (again, killed)
        (fixture / "learned.safetensors").write_bytes(learned)
        exports = {}
        for entry in listed:
            path = self.work / "export.safetensors"
            exports[str(entry["snapshot"])] = hashlib.sha256(self.daemon.export(entry["snapshot"], path)).hexdigest()
        expected = {
            "version": subprocess.run(
                [self.programs / "afmctl", "--version"], check=True, text=True, capture_output=True).stdout.strip(),
            "cluster": CLUSTER if self.name == "partitions" else None,
            "topic": "fixture-partitions" if self.name == "partitions" else None,
            "current": shown["id"],
            "skips": shown["skips"],
            "position": shown["position"],
            "pinned": self.pinned,
            "paused": self.name == "followed",
            "set_aside": sorted(int(path.name[:6]) for path in (fixture / "state/snapshots").glob("*.damaged")),
            "rollbacks": self.rollbacks(fixture),
            "chain": max(entry["files"] for entry in listed),
            "exports": exports,
            "journal": journal(fixture / "state/journal", shown["position"].get("journal")),
            "replayed": killed["records_read"] - self.read_at(shown),
            "killed": killed,
            "end": end,
        }
        assert expected["chain"] > 2 and expected["replayed"] > 0 and loaded != learned
        assert all(str(pin) in exports for pin in self.pinned)
        (fixture / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
        with tarfile.open(HERE / f"{self.name}.tar.xz", "w:xz") as archive:
            archive.add(fixture, self.name, filter=self.anonymous)
        print(f"  {len(listed)} snapshots, {expected['replayed']} records to replay, "
              f"{(HERE / (self.name + '.tar.xz')).stat().st_size} bytes")

    @staticmethod
    def anonymous(entry):
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return None if entry.name.endswith("/LOCK") else entry

    def go_on(self, fixture, name, count, further):
        """Starts on a copy, with a source made anew, and learns the further records, one partition after the other."""
        folder = self.work / name
        folder.mkdir()
        shutil.copytree(fixture / "state", folder / "state")
        daemon = Daemon(self.programs, folder, SETTINGS[self.name], self.source(folder))
        daemon.source.produce(self.records)
        follows = self.name != "sampling"
        if not follows:
            daemon.source.produce(further)
        daemon.start()
        if self.name == "followed":
            assert daemon.status()["learning"]["state"] == "paused", daemon.status()
            daemon.ctl("resume")
        if follows:
            daemon.wait_read(count)
            again = self.facts(daemon)
            for partition, lines in enumerate(further):
                chunk = [[] for _ in further]
                chunk[partition] = lines
                daemon.source.produce(chunk)
                count += len(lines)
                daemon.wait_read(count)
        else:
            count += len(further[0])
            daemon.wait_read(count)
            again = None
        end = self.facts(daemon)
        daemon.end()
        learned = daemon.export("current", folder / "export.safetensors")
        shown = json.loads(daemon.offline("show", "current", "--json"))
        end["position"] = without_clock(shown["position"])
        end["skips"] = shown["skips"]
        daemon.source.close()
        return again or self.facts_at_kill, learned, end

    def facts(self, daemon):
        status = daemon.status()
        facts = {
            "records_read": status["records"]["read"], "records_learned": status["records"]["learned"],
            "rejected": status["records"]["rejected_by_reason"], "events_learned": status["events_learned"],
            "table": status["table"], "progressive": status["progressive"], "waiting": status.get("waiting"),
            "sampling": status.get("sampling"), "calibration": status.get("calibration"),
        }
        if daemon is self.daemon:
            self.facts_at_kill = facts
        return facts

    def read_at(self, manifest):
        return sum(partition["records_learned"] for partition in manifest["position"]["partitions"])

    def rollbacks(self, fixture):
        content = (fixture / "state/snapshots/lineage.log").read_bytes()
        found = []
        for record in append_log(content):
            kind = json.loads(record)["record"]
            if "rollback" in kind:
                found.append(kind["rollback"])
        return [entry["_1"]["mode"] if "_1" in entry else entry for entry in found]


def without_clock(position):
    """Kafka's timestamps are those of the moment at which a record was produced."""
    for partition in position["partitions"]:
        if "last_record" in partition:
            del partition["last_record"]["timestamp"]
    return position


def append_log(content):
    """The records of an append log, without checks."""
    place = 8
    while place + 16 <= len(content):
        length = int.from_bytes(content[place:place + 4], "little")
        yield content[place + 16:place + 16 + length]
        place += 16 + length


def journal(directory, mark):
    """The runs after a mark, [partition, next offset, count] each, read by the words of Docs/Sources.md."""
    if mark is None:
        return None
    segments = {}
    for path in sorted(directory.glob("*.log")):
        records = list(append_log(path.read_bytes()))
        header = records[0]
        runs = []
        for record in records[1:]:
            for place in range(0, len(record), 16):
                number = lambda start, size, signed=True: int.from_bytes(
                    record[place + start:place + start + size], "little", signed=signed)
                runs.append([number(8, 4), number(0, 8), number(12, 4, False)])
        segments[int(path.stem)] = (int.from_bytes(header[8:16], "little"), int.from_bytes(header[16:24], "little"), runs)
    way, segment, end = [], max(segments), None
    while True:
        previous, before, runs = segments[segment]
        begin = mark["records"] if segment == mark["segment"] else 0
        total = sum(run[2] for run in runs) if end is None else end
        part, place = [], 0
        for partition, offset, count in runs:
            first, last = max(place, begin), min(place + count, total)
            if count == 0 and begin <= place < total or count == 0 and end is None and place == total:
                part.append([partition, offset, 0])
            elif first < last:
                part.append([partition, offset if last == place + count else -1, last - first])
            place += count
        way = part + way
        if segment == mark["segment"]:
            return way
        segment, end = previous, before


if __name__ == "__main__":
    programs, broker = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    for name in sys.argv[3:] or SETTINGS:
        with tempfile.TemporaryDirectory(prefix="afm-") as work:
            try:
                Maker(name, programs, broker, pathlib.Path(work)).make()
            except BaseException:
                if os.environ.get("KEEP_FAILED"):
                    shutil.copytree(work, os.environ["KEEP_FAILED"], ignore=shutil.ignore_patterns("*.sock"), dirs_exist_ok=True)
                raise
