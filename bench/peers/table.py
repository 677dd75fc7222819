#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time tfx and other frameworks on the same work, on the same cores, in the same minutes, and write a table and
pictures.

Makes a virtual environment with the other frameworks (several gigabytes; or takes one with --python), builds the tfx
side, runs everything pinned and interleaved, and writes speed.md, ratios-N.svg and roofline.svg. Every finished
measurement is appended to a file of JSON lines, and a run that was stopped goes on where it stopped. What is missing
is reported and left out.

    bench/peers/table.py                            all, one and two threads, two rounds: about 20 minutes
    bench/peers/table.py --only train --threads 1   pieces of work whose names contain "train"
    bench/peers/table.py --report                   only writes the table and pictures again
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import time

import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Each is installed by itself, so that one which cannot be had does not take others with it.
PACKAGES = {
    "tensorflow": ["tensorflow-cpu", "keras"],
    "torch": ["torch"],
    "jax": ["jax"],
    "onnxruntime": ["onnx", "onnxruntime"],
    "litert": ["ai-edge-litert"],
}
TIMEOUT = 900


def family(framework):
    return framework.split("-")[0]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--python", help="a Python that has the frameworks; default: an environment is made in build/peers/python"
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument(
        "--frameworks",
        nargs="+",
        default=list(report.FRAMEWORKS),
        choices=list(report.FRAMEWORKS),
        metavar="NAME",
        help=" ".join(report.FRAMEWORKS),
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="pieces of work whose names contain this")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--first-core", type=int, default=0, help="the first of the cores that everything is pinned to")
    parser.add_argument(
        "--through", default="", metavar="COMMAND", help="a command that each measurement is run through"
    )
    parser.add_argument("--kernels", action="store_true", help="also run the benchmarks of kernels, for their tables and the roofline")
    parser.add_argument(
        "--out", type=pathlib.Path, default=ROOT / "build/peers", help="folder of results, table and pictures"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the results of earlier runs")
    parser.add_argument("--retry", action="store_true", help="measure again what failed")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    return parser.parse_args()


# ---- what there is


def make_environment(folder, frameworks):
    """The Python of a virtual environment with what could be installed."""
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    for name in sorted({family(name) for name in frameworks} & set(PACKAGES)):
        mark = folder / f"{name}.installed"
        if mark.exists():
            continue
        print(f"installing {' '.join(PACKAGES[name])}", flush=True)
        done = subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "numpy", *PACKAGES[name]], capture_output=True, text=True
        )
        if done.returncode == 0:
            mark.touch()
        else:
            print(f"  not installed: {last_line(done.stderr)}")
    return str(python)


def build():
    """The folder of the tfx side's programs."""
    folder = ROOT / "build/release"
    for command in (["cmake", "--preset", "release"], ["cmake", "--build", str(folder), "--target", "tfx_peers"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return folder / "bench/peers"


def instruction_set(words):
    """The best of the sets that matter here, from the flags of /proc/cpuinfo."""
    for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("asimd", "NEON")):
        if flag in words:
            return name
    return platform.machine()


def describe_machine(programs, prefix):
    cpu = pathlib.Path("/proc/cpuinfo")
    text = cpu.read_text(encoding="utf-8") if cpu.exists() else ""
    name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    measured = json.loads(
        subprocess.run([*prefix, str(programs / "machine")], capture_output=True, text=True, check=True).stdout
    )
    return {
        "processor": name.group(1) if name else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "instruction_set": instruction_set(text.split()),
        **measured,
    }


# ---- measuring


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "no message"


def plan(options):
    """The measurements in order: (round, threads, program, framework). Each round begins with another framework."""
    units = []
    for number in range(options.rounds):
        for threads in options.threads:
            turn = number * 3 % len(options.frameworks)
            order = options.frameworks[turn:] + options.frameworks[:turn]
            for program in ("peers", "fit", "first_step"):
                for framework in order:
                    if program == "peers" and not any(
                        options.only in work for work in report.WORKS if works_of_peers(work)
                    ):
                        continue
                    if program == "fit" and (
                        framework not in ("tfx", "tensorflow") or options.only not in "mlp-fit-60000"
                    ):
                        continue
                    if program == "first_step" and (
                        threads != 1
                        or family(framework) in ("onnxruntime", "litert")
                        or options.only not in "first-step"
                    ):
                        continue
                    units.append((number, threads, program, framework))
    return units


def works_of_peers(work):
    return not work.startswith(("mlp-fit", "first-step"))


def command_of(program, framework, threads, only, programs, python):
    """The command of one measurement."""
    if framework == "tfx":
        command = [str(programs / {"peers": "tfx_peers"}.get(program, program))]
    else:
        command = [python, str(HERE / f"{program}.py")]
        command += [framework] if program != "fit" else []
    if program != "first_step":
        command += ["--threads", str(threads)]
    if program == "peers" and only:
        command += ["--only", only]
    return command


def environment_of(threads):
    """The cores say how many threads there may be; this says it to those that ask."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {
        **os.environ,
        **dict.fromkeys(names, str(threads)),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
    }


def life_of(command, environment, repeats):
    """Microseconds from start to end of a process, and the number that it prints last; the smallest of some."""
    times, numbers = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        times.append((time.perf_counter() - start) * 1e6)
        if done.returncode != 0:
            return None
        numbers.append(int(last_line(done.stdout)))
    return min(times), min(numbers)


def measure_life(command, environment, framework, threads, prefix):
    """The measurement of a whole process is made by a Python that is itself pinned and run through the prefix."""
    code = (
        "import sys, os, json; sys.path.insert(0, sys.argv[1]); import table; "
        "print(json.dumps(table.life_of(json.loads(sys.argv[2]), os.environ, int(sys.argv[3]))))"
    )
    repeats = 20 if framework == "tfx" else 2
    several = [*prefix, sys.executable, "-c", code, str(HERE), json.dumps(command), str(repeats)]
    try:
        done = subprocess.run(several, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
        life = json.loads(done.stdout) if done.returncode == 0 and done.stdout else None
        if life is None:
            again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
            return [], last_line(again.stderr)
    except subprocess.TimeoutExpired:
        return [], f"not done within {TIMEOUT} s"
    common = {"framework": framework, "threads": threads}
    return [
        {**common, "work": "first-step", "us": life[0]},
        {**common, "work": "first-step-memory", "us": life[1]},
    ], None


def results_in(text):
    """The lines that are JSON objects about a piece of work."""
    found = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and {"framework", "threads", "work", "us"} <= value.keys():
            found.append(value)
    return found


def measure(command, environment, prefix):
    """The results of a program, and why there are no more of them, or None."""
    try:
        done = subprocess.run([*prefix, *command], env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as expired:
        text = expired.stdout or b""
        return results_in(text.decode() if isinstance(text, bytes) else text), f"not done within {TIMEOUT} s"
    return results_in(done.stdout), None if done.returncode == 0 else last_line(done.stderr)


def run_unit(unit, options, programs, python):
    """One record of the results file."""
    number, threads, program, framework = unit
    pinned = (
        ["taskset", "-c", ",".join(str(options.first_core + i) for i in range(threads))]
        if shutil.which("taskset")
        else []
    )
    prefix = [*shlex.split(options.through), *pinned]
    command, environment = command_of(program, framework, threads, options.only, programs, python), environment_of(
        threads
    )
    start = time.time()
    if program == "first_step":
        results, error = measure_life(command, environment, framework, threads, prefix)
    else:
        results, error = measure(command, environment, prefix)
    return {
        "round": number,
        "threads": threads,
        "program": program,
        "framework": framework,
        "only": options.only,
        "at": datetime.datetime.now().isoformat(timespec="seconds"),
        "seconds": round(time.time() - start, 1),
        "results": results,
        "error": error,
    }


def key_of(record):
    return record["round"], record["threads"], record["program"], record["framework"]


def read_records(path):
    """Finished measurements; a line that was cut off is not one."""
    records = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    return records


def remaining(units, records, only, retry):
    done = {key_of(one) for one in records if one["only"] in ("", only) and not (retry and one["error"])}
    return [unit for unit in units if unit not in done]


def measure_all(options, results):
    python = options.python or make_environment(options.out / "python", options.frameworks)
    programs = build()
    first = [*shlex.split(options.through), "taskset", "-c", str(options.first_core)]
    (options.out / "machine.json").write_text(json.dumps(describe_machine(programs, first)), encoding="utf-8")
    units = remaining(plan(options), read_records(results), options.only, options.retry)
    for i, unit in enumerate(units):
        record = run_unit(unit, options, programs, python)
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        said = record["error"] or f"{len(record['results'])} results"
        print(
            f"[{i + 1}/{len(units)}] round {unit[0] + 1}, {unit[1]} threads, {unit[2]}, {unit[3]}: {said} "
            f"({record['seconds']:.0f} s)",
            flush=True,
        )
    if options.kernels:
        measure_kernels(options, first)


def measure_kernels(options, prefix):
    """Google Benchmark's reports of bench/kernels, as far as they were built."""
    folder = ROOT / "build/release"
    command = ["cmake", "--build", str(folder), "--target", "kernel_benchmarks"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    for program in sorted((folder / "bench/kernels").glob("*")):
        if not program.is_file() or not os.access(program, os.X_OK):
            continue
        print(f"kernels: {program.name}", flush=True)
        done = subprocess.run(
            [*prefix, str(program), "--benchmark_format=json", "--benchmark_min_time=0.1"],
            capture_output=True,
            text=True,
        )
        if done.returncode == 0:
            (options.out / f"kernels-{program.name}.json").write_text(done.stdout, encoding="utf-8")
        else:
            print(f"  {last_line(done.stderr)}")


# ---- writing


def write_report(folder, records):
    machine = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    times, pictures = report.best_times(records), []
    for threads in sorted({threads for threads, _ in times}):
        name = f"ratios-{threads}.svg"
        (folder / name).write_text(report.ratio_picture(times, threads), encoding="utf-8")
        pictures.append((f"Ratios, {threads} thread{'s' if threads > 1 else ''}", name))
    kernels = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("kernels-*.json"))]
    points = report.kernel_points([json.loads(text) for text in kernels if text])
    if points:
        (folder / "roofline.svg").write_text(report.roofline_picture(machine, points), encoding="utf-8")
        pictures.append(("Roofline of one core", "roofline.svg"))
    (folder / "speed.md").write_text(report.markdown(records, machine, pictures, points), encoding="utf-8")
    print(f"{folder}/speed.md")


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    results = options.out / "results.jsonl"
    if options.fresh:
        results.unlink(missing_ok=True)
    if not options.report:
        measure_all(options, results)
    write_report(options.out, read_records(results))


if __name__ == "__main__":
    main()
