#!/usr/bin/env python3
"""scale.py BNNRUN [--runs N,N...] [--shards N]: what a database of many runs costs.

Trains that many runs of a network of one small layer, in which bnnrun itself is most of the work, then calls the
commands that go over all of them: seconds, those of the processor, and peak memory of each. Before, the same of what
compares 600 runs that were tested on 10,000 images, which are drawn, not trained (--comparison: of nothing else). With
--shards the runs are done in that many databases, which are merged; one merge is killed half way, and the next one goes
on, to the same runs. Everything is in a folder that is removed. How fast it is is not judged, as it depends on the machine."""
import argparse
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

SEEDS = 50
SPEC = """
name: scale
dataset: {name: synthetic, train_limit: 128, validation: 64, test_limit: 64}
model:
  topology: {input: {channels: 1, height: 28, width: 28}, blocks: [{layer: {name: dense, out: 10}}]}
  binarize: {first: true, last: true}
train: {epochs: 1, batch: 64, optimizer: {name: adam, lr: 0.001}}
seeds: {count: %d}
run: {measure: false, keep: model}
sweep: {max_runs: %d, grid: {train.optimizer.lr: [%s]}}
baseline: {train.optimizer.lr: %s}
"""


def call(words, ends=True):
    """Seconds, MB and seconds of the processor of a command, whose output nobody reads; it has to succeed."""
    began = time.monotonic()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if ends and child.returncode != 0:
        sys.exit("%s: status %d\n%s" % (" ".join(words), child.returncode, errors.decode(errors="replace")))
    return time.monotonic() - began, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def folder_bytes(path):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(path) for name in names)


def write_spec(n):
    rates = ["%.6f" % (0.001 + i / 1e6) for i in range(max(2, n // SEEDS))]
    with open("scale.yaml", "w") as spec:
        spec.write(SPEC % (SEEDS, len(rates) * SEEDS, ", ".join(rates), rates[0]))
    return len(rates) * SEEDS


def line(what, measured, n=0):
    seconds, mb, cpu = measured
    each = "%10.2f %10.2f" % (1e3 * seconds / n, 1e3 * cpu / n) if n else ""
    print("%-24s %9.2f %9.2f %9.1f %s" % (what, seconds, cpu, mb, each), flush=True)


def head(title):
    print("\n%s\n%-24s %9s %9s %9s %10s %10s" %
          (title, "", "seconds", "CPU", "peak MB", "ms a run", "CPU ms"))


def measure_commands(bnnrun, db):
    """What goes over all runs of the database."""
    line("plan", call([bnnrun, "plan", "scale.yaml", "--db", db]))
    line("run, nothing missing", call([bnnrun, "run", "scale.yaml", "--db", db]))
    line("query leaderboard", call([bnnrun, "query", "leaderboard", "experiment=scale", "--db", db]))
    line("compare", call([bnnrun, "compare", "scale", "--db", db]))
    line("runs --csv", call([bnnrun, "runs", "--csv", "--db", db]))
    line("export --format csv", call([bnnrun, "export", "scale", "--format", "csv", "-o", "csv", "--db", db]))
    shutil.rmtree("csv")


NOISE = """
summary: bytes, as if they were images
classes: 10
shape: [1, 28, 28]
path: .
files:
  train_images: {name: train-images}
  train_labels: {name: train-labels}
  test_images: {name: test-images}
  test_labels: {name: test-labels}
"""


def write_noise():
    """A data set of as many test images as MNIST has."""
    draw = random.Random(1)
    os.mkdir("datasets")
    with open("datasets/noise.yaml", "w") as entry:
        entry.write(NOISE)
    for part, n in ("train", 200), ("test", 10000):
        with open("datasets/%s-images" % part, "wb") as images:
            images.write(struct.pack(">4I", 0x803, n, 28, 28) + draw.randbytes(784 * n))
        with open("datasets/%s-labels" % part, "wb") as labels:
            labels.write(struct.pack(">2I", 0x801, n) + bytes(i % 10 for i in range(n)))


def measure_comparison(bnnrun, fixtures):
    """What compares: 60 configs with ten seeds, fifteen epochs, telemetry, and what they take 10,000 images for."""
    write_noise()
    shutil.copy(os.path.join(fixtures, "many_runs.yaml"), "many_runs.yaml")
    call([bnnrun, "run", "many_runs.yaml", "-s", "dataset={name: noise, train_limit: 128, validation: 32}", "--db",
          "many.db", "-q"])
    with open(os.path.join(fixtures, "many_runs.sql")) as sql, sqlite3.connect("many.db") as db:
        db.executescript(sql.read())
    db.close()
    head("600 runs of 60 configs, tested on 10,000 images")
    line("compare", call([bnnrun, "compare", "--db", "many.db"]))
    line("compare --all-pairs", call([bnnrun, "compare", "--all-pairs", "--db", "many.db"]))
    line("report", call([bnnrun, "report", "-o", "page.html", "--db", "many.db"]))
    print("bytes of the page: %s" % format(os.path.getsize("page.html"), ","))


def measure_one(bnnrun, n):
    n = write_spec(n)
    head("%s runs in a database" % format(n, ","))
    line("run", call([bnnrun, "run", "scale.yaml", "--db", "one.db", "-j", "1", "-q"]), n)
    measure_commands(bnnrun, "one.db")
    print("bytes a run: %.0f in the database, %.0f of files" %
          (os.path.getsize("one.db") / n, folder_bytes("one.db.artifacts") / n))
    os.unlink("one.db")
    shutil.rmtree("one.db.artifacts")


def kill_merge(words, seconds):
    """Begins a merge, and kills it after so long."""
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    child.wait()


def list_runs(bnnrun, db):
    """What there is of each run, its results and times included: bytes to be compared."""
    return subprocess.run([bnnrun, "runs", "--csv", "--db", db], check=True, stdout=subprocess.PIPE).stdout


def measure_shards(bnnrun, n, shards):
    n = write_spec(n)
    head("%s runs in %d databases" % (format(n, ","), shards))
    began, peak, cpu, names = time.monotonic(), 0, 0, []
    for i in range(1, shards + 1):
        names.append("shard%d.db" % i)
        shard = call([bnnrun, "run", "scale.yaml", "--shard", "%d/%d" % (i, shards), "--db", names[-1], "-j", "1",
                      "-q"])
        peak, cpu = max(peak, shard[1]), cpu + shard[2]
    line("run --shard", (time.monotonic() - began, peak, cpu), n)
    merge = [bnnrun, "merge", "all.db", *names]
    whole = call(merge)
    line("merge", whole, n)
    line("merge again", call(merge), n)
    runs = list_runs(bnnrun, "all.db")
    os.unlink("all.db")
    shutil.rmtree("all.db.artifacts")
    kill_merge(merge, whole[0] / 2)
    there = list_runs(bnnrun, "all.db").count(b"\n") - 1 if os.path.exists("all.db") else 0
    line("merge, killed half way", call(merge), n)
    if list_runs(bnnrun, "all.db") != runs:
        sys.exit("a merge that was killed, and called again, has other runs than one that was not")
    print("(killed with %s runs merged; in the end all runs are the same)" % format(there, ","), flush=True)
    measure_commands(bnnrun, "all.db")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("bnnrun")
    options.add_argument("--runs", default="1000,10000")
    options.add_argument("--shards", type=int, default=0)
    options.add_argument("--comparison", action="store_true")
    options = options.parse_args()
    bnnrun = os.path.abspath(options.bnnrun)
    fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")
    with tempfile.TemporaryDirectory(prefix="scale.", dir=os.getcwd()) as folder:
        os.chdir(folder)
        if options.comparison or not options.shards:
            measure_comparison(bnnrun, fixtures)
        for n in [] if options.comparison else map(int, options.runs.split(",")):
            if options.shards:
                measure_shards(bnnrun, n, options.shards)
            else:
                measure_one(bnnrun, n)
        os.chdir("..")


main()
