# SPDX-License-Identifier: Apache-2.0
"""table.test.py

What bench/peers/table.py plans, reads and writes, without running any framework.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.environ["TFX_SOURCE_DIR"], "bench/peers"))
import report  # noqa: E402
import table  # noqa: E402


def unit(framework, work, us, threads=1, number=0, error=None, **more):
    results = [{"framework": framework, "threads": threads, "work": work, "us": us, **more}] if us else []
    return {
        "round": number,
        "threads": threads,
        "program": "peers",
        "framework": framework,
        "only": "",
        "results": results,
        "error": error,
    }


MACHINE = {
    "processor": "Some processor",
    "cores": 4,
    "instruction_set": "AVX-512",
    "gflops": 160.0,
    "levels": [
        {"name": "L1", "bytes": 1, "read": 240.0, "copy": 330.0},
        {"name": "DRAM", "bytes": 2, "read": 12.0, "copy": 11.0},
    ],
}
UNITS = [
    unit("tfx", "mlp-train-b64", 800.0, first_us=1600.0),
    unit("tfx", "mlp-train-b64", 750.0, number=1, first_us=900.0),
    unit("jax", "mlp-train-b64", 1125.0),
    unit("torch", "mlp-train-b64", 1500.0),
    unit("tfx", "mlp-train-b64", 500.0, threads=2),
    unit("litert", "mlp-infer-b1", None, error="no such module"),
]

times = report.best_times(UNITS)
assert times[1, "mlp-train-b64"] == {"tfx": 750.0, "jax": 1125.0, "torch": 1500.0}
assert report.best_peer(times[1, "mlp-train-b64"]) == ("jax", 1125.0)
assert report.best_peer({"tfx": 1.0}) is None
assert report.ratio_to({"tfx": 2.0, "jax": 3.0}, "jax") == 1.5
assert report.ratio_to({"tfx": 2.0}, "jax") is None
assert (
    report.amount(12.34, "us") == "12.3 us"
    and report.amount(4110, "us") == "4.11 ms"
    and report.amount(16281, "KiB") == "15.9 MB"
)

ratios = report.ratio_table(times, 1)
assert "| MLP, training step, batch 64 | 750 us | 2.00 | **1.50** | 1.50 | >= 1.4 |" in ratios, ratios
assert ratios.splitlines()[0] == "| work | tfx | PyTorch | JAX | best / tfx | goal |", ratios
assert "| MLP, training step, batch 64 | 1.50 |" in report.scaling_table(times)
assert report.first_calls(UNITS) == {(1, "mlp-train-b64"): 1.2}
text = report.markdown(UNITS, MACHINE, [("Ratios", "ratios-1.svg")])
for wanted in (
    "Some processor",
    "160 GFLOP/s",
    "## 2 threads",
    "- LiteRT, 1 threads, peers: no such module",
    "(ratios-1.svg)",
):
    assert wanted in text, (wanted, text)

xml.fromstring(report.ratio_picture(times, 1))
reports = [
    {
        "benchmarks": [
            {"name": "tfx/copy <2>", "flops": 0.0, "bytes": 1e9},
            {"name": "tfx/a & b", "flops": 1e10, "bytes": 1e9},
        ]
    }
]
points = report.kernel_points(reports)
assert points == [("a & b", "tfx", 10.0, 10.0)], points
rates = [("sgemm 3x4x5", library, 1, rate) for library, rate in (("tfx", 30), ("eigen", 20), ("blas", 40))]
beside = report.kernel_tables([*points, *rates])
assert "| 3x4x5 | 30 | 40 blas | 0.75 |" in beside and "mean 0.75, below 1 in 1" in beside and "a & b" not in beside, beside
picture = xml.fromstring(report.roofline_picture(MACHINE, points))
assert any("a & b" in (one.text or "") for one in picture.iter("{http://www.w3.org/2000/svg}title"))
assert abs(report.log_position(10, 1, 100, 0, 200) - 100) < 1e-9

options = argparse.Namespace(rounds=2, threads=[1, 2], frameworks=list(report.FRAMEWORKS), only="")
units = table.plan(options)
assert units[0] == (0, 1, "peers", "tfx") and len(units) == len(set(units))
assert (
    (1, 2, "peers", "litert") in units
    and (0, 2, "first_step", "jax") not in units
    and (0, 1, "fit", "jax") not in units
)
options.only = "fit"
assert {unit[2] for unit in table.plan(options)} == {"fit"}
options.only = "cnn-train"
assert {unit[2] for unit in table.plan(options)} == {"peers"}

done = [
    {"round": 0, "threads": 1, "program": "peers", "framework": "tfx", "only": "", "error": None},
    {"round": 0, "threads": 1, "program": "peers", "framework": "torch", "only": "", "error": "killed"},
]
assert (0, 1, "peers", "tfx") not in table.remaining(units, done, "", retry=False)
assert (0, 1, "peers", "torch") not in table.remaining(units, done, "", retry=False)
assert (0, 1, "peers", "torch") in table.remaining(units, done, "", retry=True)

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "results.jsonl"
    assert table.read_records(path) == []
    path.write_text('{"round": 0}\n{"round": 1, "resu', encoding="utf-8")  # the second was cut off
    assert table.read_records(path) == [{"round": 0}]

assert [
    one["us"]
    for one in table.results_in('a warning\n{"us": 1}\n{"framework": "jax", "threads": 1, "work": "chain", "us": 2}')
] == [2]
assert table.measure(["false"], dict(os.environ), [])[1] == "no message"
results, error = table.measure([sys.executable, "-c", "import no_such_module_here"], dict(os.environ), [])
assert results == [] and "no_such_module_here" in error
life = table.life_of(["sh", "-c", "echo loss; echo 1234"], dict(os.environ), 2)
assert life[0] > 0 and life[1] == 1234 and table.life_of(["false"], dict(os.environ), 1) is None
assert table.command_of("peers", "jax", 2, "cnn", pathlib.Path("bin"), "python")[-5:] == [
    "jax",
    "--threads",
    "2",
    "--only",
    "cnn",
]
assert table.command_of("first_step", "tfx", 1, "", pathlib.Path("bin"), "python") == ["bin/first_step"]
assert table.instruction_set("fpu avx2 avx512f".split()) == "AVX-512" and table.instruction_set(["asimd"]) == "NEON"
