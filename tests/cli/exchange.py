"""exchange.py - reads what `bnnrun export EXPERIMENT` writes as other programs do, and holds it against the views of the
database. Each format by its public definition, in other code than that of bnnrun: messages through Google's protobuf,
YAML through PyYAML.

    exchange.py spoil DATABASE               makes a run of it diverge, and names a config as an attacker would
    exchange.py FORMAT DATABASE FOLDER       prints what is wrong; the status is 0 when nothing is
"""
import csv
import json
import math
import os
import posixpath
import re
import sqlite3
import struct
import sys

wrong = 0


def check(ok, *what):
    global wrong
    if not ok:
        wrong += 1
        print(*what)


def same(a, b):
    return a == b or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))


class Database:
    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.db.row_factory = sqlite3.Row
        self.runs = {r["run_uid"]: r for r in self.ask("SELECT * FROM run_summary WHERE n_attempts > 0")}

    def ask(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def params(self, uid):
        return {r["key"]: r["value"] for r in self.ask("SELECT key, value FROM run_param WHERE run_uid = ?", uid)}

    def varying(self):
        keys = {}
        for run in self.runs:
            for key, value in self.params(run).items():
                keys.setdefault(key, []).append(value)
        return {k for k, v in keys.items() if len(set(v)) > 1 or len(v) < len(self.runs)}

    def points(self, uid):
        """{(name, step): value} as the views have it."""
        value = lambda r: math.nan if r["value"] is None else float(r["value"])
        points = {(r["name"], r["epoch"]): value(r)
                  for r in self.ask("SELECT * FROM epoch_metric WHERE run_uid = ?", uid)}
        last = max([step for _, step in points], default=0)
        for r in self.ask("SELECT * FROM layer_metric WHERE run_uid = ? AND bin IS NULL", uid):
            points[r["name"] + "/" + r["layer"], r["epoch"]] = value(r)
        for r in self.ask("SELECT * FROM run_metric WHERE run_uid = ?", uid):
            points["final/" + r["name"], last] = value(r)
        for name in "train_seconds", "float32_bytes", "model_bytes", "latency_us", "images_per_second":
            if self.runs[uid][name] is not None:
                points["final/" + name, last] = float(self.runs[uid][name])
        return points

    def times(self, uid):
        """{(name, step): seconds} of those that have a time of their own."""
        rows = self.ask("SELECT name, epoch, time_us FROM metric JOIN run USING (run_id)"
                        " WHERE run_uid = ? AND epoch > 0", uid)
        return {(r["name"], r["epoch"]): r["time_us"] for r in rows}


def compare(uid, found, expected, value=lambda x: x):
    check(set(found) == set(expected), uid, "has", sorted(set(found) ^ set(expected)), "once")
    for key in set(found) & set(expected):
        check(same(found[key], value(expected[key])), uid, key, found[key], "is not", expected[key])


# ---- TensorBoard -----------------------------------------------------------------------------------

def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc32c.table[(crc ^ byte) & 0xff] ^ crc >> 8
    return crc ^ 0xffffffff


def crc_row(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82f63b78 if byte & 1 else 0)
    return byte


crc32c.table = [crc_row(i) for i in range(256)]
assert crc32c(b"123456789") == 0xe3069283  # the check value of the catalogue


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def records(path):
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        (n,) = struct.unpack_from("<Q", data, at)
        assert masked(data[at:at + 8]) == struct.unpack_from("<I", data, at + 8)[0], "checksum of a length"
        record = data[at + 12:at + 12 + n]
        assert masked(record) == struct.unpack_from("<I", data, at + 12 + n)[0], "checksum of a record"
        yield record
        at += 16 + n


def messages():
    """The messages of event.proto, summary.proto, plugin_data.proto and struct.proto, as far as they are used."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    F = descriptor_pb2.FieldDescriptorProto
    kinds = {"double": F.TYPE_DOUBLE, "float": F.TYPE_FLOAT, "int64": F.TYPE_INT64, "int32": F.TYPE_INT32,
             "string": F.TYPE_STRING, "bytes": F.TYPE_BYTES, "bool": F.TYPE_BOOL}
    file = descriptor_pb2.FileDescriptorProto(name="events.proto", package="t", syntax="proto2")
    for name, fields in {
            "Event": "wall_time double 1, step int64 2, file_version string 3, graph_def bytes 4, summary Summary 5",
            "Summary": "value Value* 1",
            "Value": "tag string 1, simple_value float 2, tensor bytes 8, metadata Metadata 9",
            "Metadata": "plugin_data PluginData 1, display_name string 2",
            "PluginData": "plugin_name string 1, content bytes 2",
            "HParams": "version int32 1, experiment bytes 2, session_start_info Start 3, session_end_info End 4",
            "Start": "hparams Entry* 1, model_uri string 2, monitor_url string 3, group_name string 4,"
                     "start_time_secs double 5",
            "Entry": "key string 1, value Any 2",
            "Any": "null_value int32 1, number_value double 2, string_value string 3, bool_value bool 4",
            "End": "status int32 1, end_time_secs double 2"}.items():
        message = file.message_type.add(name=name)
        for field in fields.split(","):
            word, kind, number = field.split()
            made = message.field.add(name=word, number=int(number), label=F.LABEL_OPTIONAL)
            if kind.endswith("*"):
                made.label = F.LABEL_REPEATED
            if kind.rstrip("*") in kinds:
                made.type = kinds[kind]
            else:
                made.type, made.type_name = F.TYPE_MESSAGE, ".t." + kind.rstrip("*")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    get = getattr(message_factory, "GetMessageClass", None) or factory.GetPrototype
    return {n: get(pool.FindMessageTypeByName("t." + n)) for n in ("Event", "HParams")}


def parse(kind, data):
    message = kind.FromString(data)
    check(message.SerializeToString(deterministic=True) == data, "a message with other fields, or in another order")
    return message


def tensorboard(db, folder):
    kinds = messages()
    f32 = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
    left = set(db.runs)
    for path, _, files in os.walk(folder):
        for name in files:
            check(re.match(r"events\.out\.tfevents\.\d+\.", name), name, "is no name of an event file")
            events = [parse(kinds["Event"], r) for r in records(os.path.join(path, name))]
            check(events[0].file_version == "brain.Event:2", "the version is", events[0].file_version)
            points, times, sessions = {}, {}, {}
            for event in events[1:]:
                for value in event.summary.value:
                    if value.HasField("metadata"):
                        plugin = value.metadata.plugin_data
                        check(plugin.plugin_name == "hparams", "plugin", plugin.plugin_name)
                        sessions[value.tag] = parse(kinds["HParams"], plugin.content)
                    else:
                        points[value.tag, event.step] = value.simple_value
                        times[value.tag, event.step] = event.wall_time
            start = sessions["_hparams_/session_start_info"].session_start_info
            end = sessions["_hparams_/session_end_info"].session_end_info
            seed = int(re.search(r"/seed=(-?\d+)$", path).group(1))
            (uid,) = [u for u, r in db.runs.items() if r["config"] == start.group_name and r["seed"] == seed]
            left.remove(uid)
            compare(uid, points, db.points(uid), f32)
            for key, us in db.times(uid).items():
                check(times[key] == us / 1e6, uid, key, "was at", us, "not", times[key])
            params = {k: v for k, v in db.params(uid).items() if k in db.varying()}
            compare(uid, {e.key: e.value.string_value if e.value.HasField("string_value") else e.value.number_value
                          for e in start.hparams}, params)
            states = {"done": 1, "stale": 1, "failed": 2, "running": 3}
            check(end.status == states.get(db.runs[uid]["state"], 0), uid, "has the status", end.status)
    check(not left, "no events of", left)


# ---- MLflow ----------------------------------------------------------------------------------------

def mlflow_names(folder):
    for path, _, files in os.walk(folder):
        for file in files:
            name = os.path.relpath(os.path.join(path, file), folder)
            check(re.fullmatch(r"[/\w.\- ]+", name), name, "is no name of MLflow")
            check(posixpath.normpath(name) == name and not name.startswith((".", "/")), name, "leads elsewhere")
            yield name, open(os.path.join(path, file), encoding="utf-8").read()


def mlflow(db, folder):
    import yaml
    (own,) = os.listdir(folder)
    meta = yaml.safe_load(open(f"{folder}/{own}/meta.yaml", encoding="utf-8"))
    check(re.fullmatch(r"\d{1,18}", own) and meta["experiment_id"] == own, "the experiment has the number", own)
    check(meta["name"] == "tiny" and meta["lifecycle_stage"] == "active", meta)
    check(meta["artifact_location"] == f"file://{os.path.abspath(folder)}/{own}", meta["artifact_location"])
    check(set(os.listdir(f"{folder}/{own}")) == set(db.runs) | {"meta.yaml"}, "other runs")
    for uid, run in db.runs.items():
        place = f"{folder}/{own}/{uid}"
        meta = yaml.safe_load(open(f"{place}/meta.yaml", encoding="utf-8"))
        check(set(meta) == set("artifact_uri end_time entry_point_name experiment_id lifecycle_stage run_id run_name"
                               " run_uuid source_name source_type source_version start_time status tags user_id"
                               " deleted_time".split()), uid, "has", sorted(meta))
        states = {"running": 1, "queued": 2, "done": 3, "stale": 3, "failed": 4, "interrupted": 5}
        check(meta["status"] == states[run["state"]], uid, "has the status", meta["status"])
        check(meta["run_id"] == meta["run_uuid"] == uid and meta["experiment_id"] == own, uid, meta)
        check(isinstance(meta["start_time"], int) and meta["start_time"] <= meta["end_time"], uid, meta)
        check(os.path.isdir(f"{place}/artifacts"), uid, "has no folder of artifacts")
        points, times = {}, db.times(uid)
        for name, text in mlflow_names(f"{place}/metrics"):
            for line in text.splitlines():
                time, value, step = line.split(" ")
                points[name, int(step)] = float(value)
                if (name, int(step)) in times:
                    check(int(time) == times[name, int(step)] // 1000, uid, name, "was not at", time)
        compare(uid, points, db.points(uid))
        params = dict(mlflow_names(f"{place}/params"))
        check(params.pop("seed") == str(run["seed"]), uid, "has another seed")
        found = {k: type(v)(params[k]) for k, v in db.params(uid).items() if k in params}
        compare(uid, found, db.params(uid))
        tags = dict(mlflow_names(f"{place}/tags"))
        check(tags["mlflow.runName"] == meta["run_name"], uid, tags)
        check(tags["bnnrun.config"] == run["config"] and tags["bnnrun.state"] == run["state"], uid, tags)


# ---- Trackio ---------------------------------------------------------------------------------------

def trackio(db, folder):
    check(os.listdir(folder) == ["tiny.db"], os.listdir(folder))
    out = sqlite3.connect(folder + "/tiny.db")
    words = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    found, left = {}, set(db.runs)
    for uid, name, step, when, text in out.execute(
            "SELECT run_id, run_name, step, timestamp, metrics FROM metrics ORDER BY id"):
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", when), uid, "was at", when)
        check(name.endswith(f" seed={db.runs[uid]['seed']}"), uid, "is called", name)
        for key, value in json.loads(text).items():
            found.setdefault(uid, {})[key, step] = float(words.get(value, value))
    for uid, text in out.execute("SELECT run_id, config FROM configs"):
        left.remove(uid)
        compare(uid, found[uid], db.points(uid))
        config = json.loads(text)
        check(config.pop("seed") == db.runs[uid]["seed"], uid, "has another seed")
        check(config.pop("_Created") and config.pop("_Group"), uid, "has no group")
        compare(uid, config, db.params(uid))
    check(not left, "no config of", left)


# ---- CSV -------------------------------------------------------------------------------------------

def csv_text(value):
    """As a field: an apostrophe is in front of a formula, and controls are gone."""
    if not isinstance(value, str):
        return value
    value = re.sub("[\x00-\x08\x0b-\x1f\x7f]", "?", value)
    return "'" + value if re.match(r"[=+\-@].", value) and not re.fullmatch(r"[-+]?([\d.]+|inf)", value) else value


def csv_rows(folder, name):
    with open(f"{folder}/{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def csv_compare(name, found, expected):
    check(len(found) == len(expected), name, "has", len(found), "rows, not", len(expected))
    key = lambda row: sorted((k, str(v)) for k, v in row.items())
    expected = [{k: csv_text(v) for k, v in row.items()} for row in expected]
    typed = []
    for row, other in zip(found, expected):
        check(list(row) == list(other), name, "has the columns", list(row))
        typed.append({k: None if row[k] == "" and other[k] is None else
                      type(other[k])(row[k]) if other[k] is not None else row[k] for k in other})
    for row, other in zip(typed, expected):
        check(row == other, name, key(row), "is not", key(other))


def csv_folder(db, folder):
    check(set(os.listdir(folder)) == {"runs.csv", "configs.csv", "metrics.csv", "layers.csv"}, os.listdir(folder))
    own = " FROM run_summary JOIN config_summary USING (config) JOIN {} USING (run_uid) ORDER BY ordinal, config, seed"
    read = lambda sql: [dict(r) for r in db.ask(sql)]
    csv_compare("runs", csv_rows(folder, "runs"), read(
        "SELECT run_summary.* FROM run_summary JOIN config_summary USING (config) ORDER BY ordinal, config, seed"))
    csv_compare("metrics", csv_rows(folder, "metrics"), read(
        "SELECT run_uid, config, run_summary.label, seed, epoch, name, value, special" + own.format(
            "(SELECT run_uid, epoch, name, value, special FROM epoch_metric"
            " UNION ALL SELECT run_uid, NULL, name, value, special FROM run_metric)") + ", epoch, name"))
    csv_compare("layers", csv_rows(folder, "layers"), read(
        "SELECT run_uid, config, run_summary.label, seed, epoch, layer_metric.ordinal, layer, name, bin, value"
        + own.format("layer_metric").replace("ORDER BY ordinal", "ORDER BY config_summary.ordinal")
        + ", epoch, layer_metric.ordinal, name, bin"))
    rows = csv_rows(folder, "configs")
    check(len(rows) == len(read("SELECT 1 FROM config_summary")), "configs has", len(rows), "rows")
    for row in rows:
        settings = {r["key"]: r["value"] for r in
                    db.ask("SELECT key, value FROM config_setting WHERE config = ?", row["config"])}
        found = {k: type(settings[k])(v) if k in settings else v for k, v in list(row.items())[6:] if v != ""}
        check(found == settings, row["config"], "has", found)


# ----------------------------------------------------------------------------------------------------

def spoil(path):
    db = sqlite3.connect(path)
    (run,) = db.execute("SELECT run_id FROM run ORDER BY run_id LIMIT 1").fetchone()
    for epoch, special in (1, "inf"), (2, "nan"):
        db.execute("UPDATE metric SET value = NULL, special = ? WHERE run_id = ? AND name = 'train_loss'"
                   " AND epoch = ?", (special, run, epoch))
    db.execute("UPDATE metric SET value = NULL, special = '-inf' WHERE run_id = ? AND name = 'test_loss'", (run,))
    db.execute("UPDATE run SET state = 'failed' WHERE run_id = ?", (run,))
    label = '=HYPERLINK("http://x")/../\u00e9,\n"\x1b[31m'
    db.execute("UPDATE experiment_config SET label = ? WHERE ordinal = 1", (label,))
    db.execute("UPDATE run SET note = ? WHERE run_id = ?", ('+1+1 "a",\nb', run))
    db.commit()


if sys.argv[1] == "spoil":
    spoil(sys.argv[2])
else:
    {"tensorboard": tensorboard, "mlflow": mlflow, "trackio": trackio,
     "csv": csv_folder}[sys.argv[1]](Database(sys.argv[2]), sys.argv[3].rstrip("/"))
sys.exit(wrong > 0)
