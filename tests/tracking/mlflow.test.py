# SPDX-License-Identifier: Apache-2.0
# packages: mlflow tensorboard
"""mlflow.test.py PROGRAM

MLflow's client and its server are asked for what PROGRAM told them: in a folder, and over HTTP; TensorBoard's page HParams for the trials of a search.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

os.environ.update(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
try:
    import mlflow
    from mlflow.tracking import MlflowClient
    from tensorboard import default, program
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PROGRAM = sys.argv[1]


def check(store, told, reader):
    weights = pathlib.Path(told) / "weights.bin"
    weights.write_bytes(bytes(range(256)) * 100)
    done = subprocess.run([PROGRAM, store, str(weights)], capture_output=True, text=True)
    assert done.returncode == 0, done
    first, losses, second, refused = done.stdout.splitlines()
    mlflow.set_tracking_uri(reader)
    mlflow.set_registry_uri(reader)
    client = MlflowClient()
    assert {e.name for e in client.search_experiments()} == {"Default", 'a "test": tfx', "other"}
    runs = mlflow.search_runs(experiment_names=['a "test": tfx'], output_format="list")
    assert {r.info.run_id: (r.info.run_name, r.info.status) for r in runs} == {first: ("first", "FINISHED"), second: ("second", "FAILED")}
    run = client.get_run(first)
    assert run.data.params == {"rate": "0.03", "units": "4", "optimizer": "adam", "late": "true"}, run.data.params
    assert run.data.tags["kind"] == 'a\nb "c"' and run.data.tags["tag 149"] == "149" and run.data.tags["mlflow.runName"] == "first"
    assert run.info.end_time >= run.info.start_time > 1.6e12
    history = client.get_metric_history(first, "val_loss")
    assert [(m.step, m.value) for m in history] == list(enumerate(map(float, losses.split()))), history
    assert set(run.data.metrics) == {"loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error", "inside/wave"}
    wave = client.get_metric_history(first, "inside/wave")
    assert sorted((m.step, m.value) for m in wave) == [(i, 0.25 * i) for i in range(2500)]
    assert pathlib.Path(client.download_artifacts(first, "weights/weights.bin", told)).read_bytes() == weights.read_bytes()
    champion = client.get_model_version_by_alias("spirals", "champion")
    assert str(champion.version) == "2" and champion.run_id == first, champion
    assert [m.name for m in client.search_registered_models()] == ["spirals"]
    assert pathlib.Path(mlflow.artifacts.download_artifacts(champion.source)).read_bytes() == weights.read_bytes()
    assert "rate" in refused and "expected" in refused, refused
    return first


def check_search(store, folder):
    done = subprocess.run([PROGRAM, "search", store, f"{folder}/logs"], capture_output=True, text=True)
    assert done.returncode == 0, done
    told = [line.split(" ", 3) for line in done.stdout.splitlines()]
    assert [t[3] for t in told] == ["", "", "", "", "", "no luck", "", ""], told
    trials = {str(i): (t[0], t[1], float(t[2])) for i, t in enumerate(told) if not t[3]}
    mlflow.set_tracking_uri(store if store.startswith("http") else f"file://{store}")
    runs = mlflow.search_runs(experiment_names=["search"], output_format="list")
    assert {r.info.run_name: (r.data.params["seed"], r.data.params["epochs"], r.data.metrics["loss"]) for r in runs} == trials, runs

    board = program.TensorBoard(plugins=default.get_plugins())
    board.configure(argv=["tensorboard", "--logdir", f"{folder}/logs", "--port", "0", "--load_fast", "false"])
    address = board.launch() + "data/plugin/hparams/session_groups"
    metric = {"group": "", "tag": "loss"}
    request = {"experimentName": "", "allowedStatuses": ["STATUS_SUCCESS", "STATUS_FAILURE"], "colParams": [{"metric": metric, "order": "ORDER_ASC"}], "startIndex": 0, "sliceSize": 100}
    for _ in range(240):
        try:
            groups = json.load(urllib.request.urlopen(urllib.request.Request(address, json.dumps(request).encode(), {"Content-Type": "application/json"})))["sessionGroups"]
        except urllib.error.HTTPError:   # it has read nothing yet
            groups = []
        if sum(len(g["sessions"]) for g in groups) == len(told):
            break
        time.sleep(0.5)
    shown = {s["name"]: (f"{g['hparams']['seed']:.0f}", f"{g['hparams']['epochs']:.0f}", s) for g in groups for s in g["sessions"]}
    assert {n: s[:2] for n, s in shown.items()} == {str(i): (t[0], t[1]) for i, t in enumerate(told)}, shown
    assert {n for n, s in shown.items() if s[2]["status"] == "STATUS_FAILURE"} == {"5"}
    for name, trial in trials.items():
        assert abs(shown[name][2]["metricValues"][0]["value"] - trial[2]) < 1e-6


class Server:
    """The real one, with a database."""

    def __init__(self, folder, *more):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        with open(f"{folder}/log", "w") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/runs.db", "--host", "127.0.0.1",
                                             "--port", str(self.port), "--workers", "1", *more], stdout=log, stderr=log, start_new_session=True)
        for _ in range(960):
            try:
                self.read("/health")
                return
            except OSError:
                time.sleep(0.25)
        sys.exit(pathlib.Path(f"{folder}/log").read_text())

    def read(self, path):
        return urllib.request.urlopen(self.address + path).read().decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


with tempfile.TemporaryDirectory() as folder:
    check(f"{folder}/mlruns", folder, f"file://{folder}/mlruns")
    print("a folder: MLflow reads it")
    check_search(f"{folder}/searches", folder)
    print("a search: MLflow has its runs, and HParams its trials")
with tempfile.TemporaryDirectory() as folder, Server(folder, "--artifacts-destination", f"{folder}/kept") as server:
    run = check(server.address, folder, server.address)
    assert "<html" in server.read(f"/#/experiments/1/runs/{run}").lower()
    print("a server: MLflow's client finds what it was told")
with tempfile.TemporaryDirectory() as folder, Server(folder, "--no-serve-artifacts", "--default-artifact-root", f"{folder}/kept") as server:
    check(server.address, folder, server.address)
    print("a server that keeps artifacts in a folder: the same")
