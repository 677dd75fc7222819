# SPDX-License-Identifier: Apache-2.0
# packages: tensorboard numpy PIL
"""tensorboard.test.py PROGRAM

TensorBoard's own loader reads the files that PROGRAM wrote, and its pages are told over HTTP what was given to PROGRAM.
"""
import collections
import io
import json
import math
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import wave as wav_file

try:
    import numpy
    import PIL.Image
    from tensorboard import default, program
    from tensorboard.backend.event_processing import event_file_loader
    from tensorboard.compat.proto import event_pb2
    from tensorboard.plugins.histogram import summary_v2 as histogram_summary
    from tensorboard.util import tensor_util
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PROGRAM = sys.argv[1]
STEPS = range(3)


def run(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done
    return done.stdout


def wave(i):
    return math.sin(0.1 * i) * (1 + i % 7)


def close(found, wanted, tolerance=1e-6):
    assert numpy.shape(found) == numpy.shape(wanted), (numpy.shape(found), numpy.shape(wanted))
    numpy.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


class Server:
    """TensorBoard, asked as its pages ask it."""

    def __init__(self, folder):
        board = program.TensorBoard(plugins=default.get_plugins())
        board.configure(argv=["tensorboard", "--logdir", str(folder), "--port", "0", "--load_fast", "false"])
        self.address = board.launch() + "data/"

    def ask(self, path, post=None, **query):
        query = {key: str(value) for key, value in query.items()}
        address = self.address + path + ("?" + urllib.parse.urlencode(query) if query else "")
        try:
            return urllib.request.urlopen(urllib.request.Request(address, post, {"Content-Type": "application/json"} if post else {})).read()
        except urllib.error.HTTPError as error:
            raise AssertionError(address, error.read()) from None

    def json(self, path, post=None, **query):
        return json.loads(self.ask(path, post, **query))

    def picture(self, entry):
        return numpy.asarray(PIL.Image.open(io.BytesIO(self.ask("plugin/images/individualImage?" + entry["query"]))))

    def page(self, page, what, **query):
        return self.json(f"plugin/{page}/{what}", **query)


def check_numbers(server):
    found = server.page("scalars", "scalars", run="pages", tag="quality/wave")
    close([row[1:] for row in found], [[step, numpy.float32(wave(step))] for step in STEPS], 0)
    assert len(server.page("scalars", "scalars", run="pages", tag="quality/middle")) == 100

    for page, width in (("histograms", 30), ("distributions", None)):
        assert {"waves", "same", "none"} <= set(server.page(page, "tags")["pages"]), page
    for tag, numbers, buckets in (("waves", lambda step: [wave(i + step) for i in range(1000)], 30), ("same", lambda step: [2.5] * 5, 30), ("none", lambda step: [], 10)):
        found = server.page("histograms", "histograms", run="pages", tag=tag)
        assert [row[1] for row in found] == list(STEPS)
        for _, step, rows in found:
            wanted = histogram_summary.histogram_pb(tag, numpy.array(numbers(step)), buckets=buckets)
            close(rows, tensor_util.make_ndarray(wanted.value[0].tensor), 1e-12)
            assert sum(count for _, _, count in rows) == len(numbers(step))
    assert server.page("distributions", "distributions", run="pages", tag="waves")[0][2]

    labels = numpy.array([i % 3 == 0 for i in range(500)])
    predictions = numpy.array([(i * 37 % 101) / 101.0 * 0.7 + (i % 3 == 0) * 0.3 for i in range(500)], numpy.float32)
    said = numpy.array([predictions.astype(float) * 10 >= threshold for threshold in range(11)])
    hits, alarms = (said & labels).sum(1), (said & ~labels).sum(1)
    wanted = numpy.array([hits, alarms, (~labels).sum() - alarms, labels.sum() - hits, hits / numpy.maximum(hits + alarms, 1), hits / labels.sum()])
    found = server.page("pr_curves", "pr_curves", run="pages", tag="boots")["pages"]
    assert [row["step"] for row in found] == list(STEPS)
    shown = int(((hits + alarms) > 0).sum())   # not where nothing is said to be there
    for row in found:
        for k, name in enumerate(("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall")):
            close(row[name], wanted[k][:shown])

    layout = server.page("custom_scalars", "layout")["category"]
    assert [c["title"] for c in layout] == ["quality", "empty"] and layout[1]["closed"], layout
    lines, margins = layout[0]["chart"]
    assert lines["multiline"]["tag"] == ["quality/wave", "quality/mid.*"], lines
    assert margins["margin"]["series"] == [{"value": "quality/middle", "lower": "quality/lower", "upper": "quality/upper"}], margins
    found = server.page("custom_scalars", "scalars", run="pages", tag="quality/mid.*")
    assert found["regex_valid"] and len(found["tag_to_events"]["quality/middle"]) == 100


def check_pictures_and_sound(server):
    def picture(tag, step, sample=0):
        index = server.page("images", "images", run="pages", tag=tag, sample=sample)
        assert [entry["step"] for entry in index] == list(STEPS)
        return server.picture(index[step])

    colours = numpy.clip(numpy.arange(120, dtype=numpy.float32) / 100 - numpy.float32(0.1), 0, 1)
    wanted = numpy.floor(colours.astype(float) * 255 + 0.5).astype(numpy.uint8).reshape(2, 5, 4, 3)
    for sample in range(2):
        assert (picture("colours", 1, sample) == wanted[sample]).all()
    for step in STEPS:
        assert (picture("grey", step) == ((numpy.arange(42) * 6 + step) % 256).reshape(6, 7)).all()
    drawn = numpy.full((2, 3, 3), (10, 20, 30))
    drawn[1, 2] = 255, 0, 7
    assert (picture("drawn", 0) == drawn).all()

    found = server.page("audio", "audio", run="pages", tag="sound", sample=0)
    assert [entry["step"] for entry in found] == list(STEPS) and found[0]["contentType"] == "audio/wav", found
    with wav_file.open(io.BytesIO(server.ask("plugin/audio/individualAudio?" + found[0]["query"]))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth(), sound.getnframes()) == (8000, 2, 2, 400)
        numbers = numpy.frombuffer(sound.readframes(400), "<i2")
    wanted = numpy.float32([math.sin(i * 0.05 * (1 + i % 2)) for i in range(800)]) * numpy.float32(1.1)
    close(numbers, numpy.rint(numpy.clip(wanted.astype(float), -1, 1) * 32767), 1)

    found = server.page("text", "text", run="pages", tag="note")
    assert [row["text"] for row in found] == [f"<p>step <strong>{step}</strong></p>" for step in STEPS], found
    found = server.page("text", "text", run="pages", tag="table")[0]["text"]
    assert re.findall(r">(\w)<", re.sub(r"<p>|</p>", "", found)) == ["a", "b", "1", "2", "3", "4"], found


def check_bodies(server):
    assert server.page("mesh", "tags")["pages"] == {"body": {"samples": 1}, "cloud": {"samples": 1}}
    body = server.page("mesh", "meshes", run="pages", tag="body", sample=0)
    assert len(body) == 9, body
    for step in STEPS:
        def part(name, kind):
            return numpy.frombuffer(server.ask("plugin/mesh/data", run="pages", tag="body", sample=0, step=step, content_type=name), kind)
        close(part("VERTEX", "<f4"), [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 + step])
        close(part("FACE", "<i4"), [0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 3])
        close(part("COLOR", "u1"), [255, 0, 0, 0, 255, 0, 0, 0, 255, 200, 200, 0])

    assert "pages" in server.page("projector", "runs")
    known = {e["tensorName"]: e for e in server.page("projector", "info", run="pages")["embeddings"]}
    points = numpy.array([wave(i) for i in range(240)], numpy.float32)
    for name, shape in (("points", [60, 4]), ("bare/points", [30, 8]), ("named points", [60, 4])):
        assert known[name]["tensorShape"] == shape, known
        found = numpy.frombuffer(server.ask("plugin/projector/tensor", run="pages", name=name), "<f4")
        close(found, points)
    names = [f"point {i}" for i in range(60)]
    assert server.ask("plugin/projector/metadata", run="pages", name="named points").decode().split("\n") == names + [""] 
    found = server.ask("plugin/projector/metadata", run="pages", name="points").decode().split("\n")
    assert found == ["name\tkind"] + [f"{n}\t{'odd' if i % 2 else 'even'}" for i, n in enumerate(names)] + [""]


def check_trials(server):
    def post(what, **request):
        return server.json(f"plugin/hparams/{what}", json.dumps(request).encode())

    experiment = post("experiment", experimentName="")
    infos = {info["name"]: info for info in experiment["hparamInfos"]}
    assert infos["rate"]["domainInterval"] == {"minValue": 1e-4, "maxValue": 0.1} and infos["rate"]["type"] == "DATA_TYPE_FLOAT64", infos
    assert infos["units"]["domainDiscrete"] == [8, 16] and infos["optimizer"]["domainDiscrete"] == ["sgd", "adam"], infos
    assert infos["augment"]["domainDiscrete"] == [True, False] and infos["augment"]["type"] == "DATA_TYPE_BOOL", infos
    metric = {"name": {"group": "", "tag": "epoch_loss"}}
    assert experiment["metricInfos"][0]["name"] == metric["name"] and experiment["metricInfos"][0]["displayName"] == "loss", experiment
    every = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
    groups = post("session_groups", experimentName="", allowedStatuses=every, colParams=[{"metric": metric["name"], "order": "ORDER_ASC"}], startIndex=0, sliceSize=100)["sessionGroups"]
    trials = [session for group in groups for session in group["sessions"]]
    assert len(trials) == 8, len(trials)
    seen = {}
    for group in groups:
        for session in group["sessions"]:
            trial = int(session["name"].rsplit("_", 1)[1])
            seen[trial] = group["hparams"]
            close(session["metricValues"][0]["value"], 1 / (1 + trial))
            assert session["status"] == ("STATUS_FAILURE" if trial == 7 else "STATUS_SUCCESS"), session
    for trial, hparams in seen.items():
        close(hparams["rate"], 10.0 ** (-1 - trial % 3), 1e-15)
        assert (hparams["units"], hparams["optimizer"], hparams["augment"]) == (16 if trial % 2 else 8, "sgd" if trial < 4 else "adam", trial % 4 == 0), hparams
    distinct = {json.dumps(h, sort_keys=True) for h in seen.values()}
    assert len(groups) == len(distinct)


def graph_of(server, run):
    """TensorBoard's text of a graph as name -> operation, inputs, extents."""
    text = server.ask("plugin/graphs/graph", run=run).decode()
    nodes = collections.OrderedDict()
    for block in re.split(r"^node \{", text, flags=re.MULTILINE)[1:]:
        name = re.search(r'name: "(.*?)"', block)[1]
        nodes[name] = (re.search(r'op: "(.*?)"', block)[1], re.findall(r'input: "(.*?)"', block), [int(n) for n in re.findall(r"size: (-?\d+)", block)], block)
    return nodes


def check_graph(server):
    for run in ("pages", "fit/train"):
        assert server.page("graphs", "info")[run]["run_graph"], run
        nodes = graph_of(server, run)
        for name, (_, inputs, _, _) in nodes.items():
            for source in inputs:
                assert source in nodes, (name, source)
        shapes = {name: extents for name, (operation, _, extents, _) in nodes.items() if operation == "parameter"}
        assert shapes == {"embedding/weight": [10, 4], "dense/weight": [12, 8], "dense/bias": [8], "residual/dense/weight": [8, 8], "residual/dense/bias": [8],
                          "head/weight": [8, 1], "head/bias": [1]}, shapes
        scopes = {name.rsplit("/", 1)[0] for name in nodes if "/" in name}
        assert {"embedding", "dense", "residual", "residual/dense", "head"} <= scopes, scopes
        product = next(node for name, node in nodes.items() if name.startswith("dense/") and "matmul" in node[0])
        assert product[2] == [-1, 8] and '"units"' in product[3], product
        readers = [name for name, (_, inputs, _, _) in nodes.items() if "dense/weight" in inputs]
        assert readers and all(name.startswith("dense/") for name in readers), readers


def check_fit(server, past):
    runs = server.json("runs")
    assert {"fit/train", "fit/validation"} <= set(runs), runs
    tags = server.page("scalars", "tags")
    assert set(tags["fit/train"]) == {"epoch_loss", "epoch_mean_absolute_error", "epoch_learning_rate", "epoch_steps_per_second", "batch_steps_per_second", "batch_loss", "batch_mean_absolute_error"}, tags
    assert set(tags["fit/validation"]) == {"epoch_loss", "epoch_mean_absolute_error", "evaluation_loss_vs_iterations", "evaluation_mean_absolute_error_vs_iterations"}, tags

    def rows(run, tag):
        return [row[1:] for row in server.page("scalars", "scalars", run=run, tag=tag)]

    for name in ("loss", "mean_absolute_error"):
        close(rows("fit/train", f"epoch_{name}"), list(enumerate(past[name])))
        close(rows("fit/validation", f"epoch_{name}"), [[1, past["val_" + name][1]], [3, past["val_" + name][3]]])
        close(rows("fit/validation", f"evaluation_{name}_vs_iterations"), [[20, past["val_" + name][1]], [40, past["val_" + name][3]]])
        assert [row[0] for row in rows("fit/train", f"batch_{name}")] == list(range(3, 41, 3))
    close(rows("fit/train", "batch_loss")[9], [30, past["loss"][2]])   # the last batch of an epoch: all of it
    close(rows("fit/train", "epoch_learning_rate"), [[epoch, 0.1 * 0.5 ** (epoch + 1)] for epoch in range(4)])

    names = ["embedding/weight", "dense/weight", "dense/bias", "residual/dense/weight", "residual/dense/bias", "head/weight", "head/bias"]
    assert set(server.page("histograms", "tags")["fit/train"]) == {name + ending for name in names for ending in ("/histogram", "/gradient")}
    assert set(server.page("images", "tags")["fit/train"]) == {name + "/image" for name in names if name != "head/bias"}   # of one number there is no picture
    found = server.page("histograms", "histograms", run="fit/train", tag="dense/weight/histogram")
    assert [row[1] for row in found] == [0, 2] and sum(count for _, _, count in found[1][2]) == 96
    def only_number(tag):   # of what has one element
        return [rows[-1][0] for _, _, rows in server.page("histograms", "histograms", run="one/train", tag=tag)]

    bias, gradient = only_number("head/bias/histogram"), only_number("head/bias/gradient")
    assert len(bias) == len(gradient) == 4 and gradient[0] != 0
    for epoch in range(3):
        close(bias[epoch + 1], bias[epoch] - 0.1 * 0.5 ** ((epoch + 1) / 10) * gradient[epoch], 1e-7)
    entry = server.page("images", "images", run="fit/train", tag="embedding/weight/image", sample=0)[0]
    table = numpy.array(past["embedding"]).reshape(10, 4).T   # after the last epoch; this is after the first
    assert server.picture(entry).shape == table.shape
    assert server.page("projector", "info", run="fit/train")["embeddings"][0]["tensorShape"] == [10, 4]
    close(numpy.frombuffer(server.ask("plugin/projector/tensor", run="fit/train", name="embedding/weight"), "<f4"), past["embedding"], 1e-7)


def check_killed(folder):
    """Of a process that was killed all that it had flushed is there, and nothing but whole records."""
    process = subprocess.Popen([PROGRAM, "on", str(folder)], stdout=subprocess.PIPE, text=True)
    flushed = 0
    while flushed < 50000:
        flushed = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    flushed = max([flushed] + [int(line) for line in process.stdout.read().split("\n")[:-1]])
    process.wait()
    (path,) = (folder / "on").iterdir()
    steps = [event.step for event in event_file_loader.EventFileLoader(str(path)).Load() if event.HasField("summary")]
    assert steps == list(range(len(steps))) and len(steps) > flushed, (len(steps), flushed)

    whole = path.read_bytes()[:100000]
    at, records = 0, 0
    while at + 12 <= len(whole) and at + 16 + struct.unpack_from("<Q", whole, at)[0] <= len(whole):
        at += 16 + struct.unpack_from("<Q", whole, at)[0]
        records += 1
    cut = folder / "events.out.tfevents.cut"
    cut.write_bytes(whole[:at + 20])
    assert sum(1 for _ in event_file_loader.RawEventFileLoader(str(cut)).Load()) == records


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    run("pages", folder)
    past = json.loads(run("fit", folder))
    server = Server(folder)
    for file in folder.rglob("*tfevents*"):
        first = next(iter(event_file_loader.RawEventFileLoader(str(file)).Load()))
        assert event_pb2.Event.FromString(first).file_version == "brain.Event:2", file
    check_numbers(server)
    check_pictures_and_sound(server)
    check_bodies(server)
    check_trials(server)
    check_graph(server)
    check_fit(server, past)
with tempfile.TemporaryDirectory() as name:
    check_killed(pathlib.Path(name))
print("all pages show what was written")
