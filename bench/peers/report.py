# SPDX-License-Identifier: Apache-2.0
"""What table.py makes of its results: Markdown and SVG. Functions of plain values; nothing here runs anything."""

import html
import math

# The name of a piece of work, what it is, the goal for (best peer / tfx) with 1 and with 2 threads or None, and a unit.
WORKS = {
    "mlp-infer-b1": ("MLP, prediction, batch 1", 1.9, 2.1, "us"),
    "mlp-infer-b64": ("MLP, prediction, batch 64", 1.07, 1.2, "us"),
    "mlp-train-b64": ("MLP, training step, batch 64", 1.4, 2.9, "us"),
    "cnn-infer-b1": ("CNN, prediction, batch 1", 1.35, 1.4, "us"),
    "cnn-infer-b64": ("CNN, prediction, batch 64", 1.09, 1.2, "us"),
    "cnn-train-b64": ("CNN, training step, batch 64", 2.0, 2.6, "us"),
    "enc-infer-b1": ("encoder block, prediction, batch 1", 1.33, 2.2, "us"),
    "enc-infer-b8": ("encoder block, prediction, batch 8", 1.3, 1.5, "us"),
    "enc-train-b8": ("encoder block, training step, batch 8", 1.5, 1.5, "us"),
    "lstm-infer-b1": ("LSTM, prediction, batch 1", 1.0, 1.0, "us"),
    "lstm-infer-b32": ("LSTM, prediction, batch 32", 1.0, 1.0, "us"),
    "lstm-train-b32": ("LSTM, training step, batch 32", 1.0, 1.0, "us"),
    "lstm2-infer-b1": ("two LSTMs, prediction, batch 1", 1.0, 1.0, "us"),
    "lstm2-infer-b32": ("two LSTMs, prediction, batch 32", 1.0, 1.0, "us"),
    "lstm2-train-b32": ("two LSTMs, training step, batch 32", 1.0, 1.0, "us"),
    "chain": ("elementwise chain of 2^20 with its sum", 2.9, 3.5, "us"),
    "embed-gather": ("2048 rows of 64 out of 20,000, halved", 1.3, None, "us"),
    "embed-sgd": ("embedding of 20,000 x 64, SGD step of 2048", 1.3, 1.3, "us"),
    "embed-adam": ("embedding of 20,000 x 64, Adam step of 2048", 1.3, 1.3, "us"),
    "mlp-fit-60000": ("one epoch of `fit`, 60,000 rows", 4, 4, "us"),
    "first-step": ("new process, one training step", 100, 100, "us"),
    "first-step-memory": ("peak memory of that process", 10, 10, "KiB"),
}
KERNELS = {"sgemm": "Products, beside OpenBLAS, oneDNN and Eigen", "conv": "Convolutions, beside oneDNN"}
FRAMEWORKS = {
    "tfx": "tfx",
    "tensorflow": "TensorFlow",
    "tensorflow-xla": "TF with XLA",
    "torch": "PyTorch",
    "torch-compile": "torch.compile",
    "jax": "JAX",
    "onnxruntime": "ONNX Runtime",
    "litert": "LiteRT",
}
COLOURS = {
    "tfx": "#1b1b1b",
    "tensorflow": "#e8710a",
    "tensorflow-xla": "#f6b26b",
    "torch": "#c5221f",
    "torch-compile": "#ea9999",
    "jax": "#1a73e8",
    "onnxruntime": "#188038",
    "litert": "#9334e6",
}


def best_times(units):
    """{(threads, work): {framework: the smallest time of all rounds}}; `units` are table.py's records."""
    found = {}
    for unit in units:
        for line in unit["results"]:
            if line["work"] in WORKS:
                row = found.setdefault((line["threads"], line["work"]), {})
                name = line["framework"]
                row[name] = min(line["us"], row.get(name, math.inf))
    return found


def best_peer(row):
    """(framework, value) of the smallest value that is not tfx's, or None."""
    peers = [(value, name) for name, value in row.items() if name != "tfx"]
    return (min(peers)[1], min(peers)[0]) if peers else None


def ratio_to(row, name):
    """How many times as long as tfx a framework takes, or None."""
    return row[name] / row["tfx"] if name in row and row.get("tfx") else None


def amount(value, unit):
    """412 us, 3.07 ms, 1.2 s, 13 MB."""
    scales = [(1e6, "s"), (1e3, "ms"), (1, "us")] if unit == "us" else [(1024, "MB"), (1, "KiB")]
    for factor, name in scales:
        if value >= factor or factor == 1:
            return f"{value / factor:.3g} {name}" if value / factor < 1000 else f"{value / factor:.0f} {name}"


def goal_of(work, threads):
    return WORKS[work][1] if threads == 1 else WORKS[work][2] if threads == 2 else None


def cell(ratio):
    return "-" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def ratio_table(times, threads):
    """A Markdown table: each framework's time over tfx's, the smallest of a row bold; then the goal."""
    rows = {work: times[threads, work] for work in WORKS if "tfx" in times.get((threads, work), {})}
    peers = [name for name in FRAMEWORKS if name != "tfx" and any(name in row for row in rows.values())]
    lines = [
        "| " + " | ".join(["work", "tfx", *(FRAMEWORKS[name] for name in peers), "best / tfx", "goal"]) + " |",
        "|---" * (len(peers) + 4) + "|",
    ]
    for work, row in rows.items():
        best = best_peer(row)
        cells = []
        for name in peers:
            text = cell(ratio_to(row, name))
            cells.append(f"**{text}**" if best and name == best[0] else text)
        ratio, goal = ratio_to(row, best[0]) if best else None, goal_of(work, threads)
        mark = "-" if ratio is None else cell(ratio)
        lines.append(
            "| "
            + " | ".join(
                [WORKS[work][0], amount(row["tfx"], WORKS[work][3]), *cells, mark, f">= {goal}" if goal else "-"]
            )
            + " |"
        )
    return "\n".join(lines)


def scaling_table(times):
    """A Markdown table: how much faster tfx is with each number of threads than with one."""
    counts = sorted({threads for threads, _ in times if threads > 1})
    lines = ["| work | " + " | ".join(f"{count} threads" for count in counts) + " |", "|---" * (len(counts) + 1) + "|"]
    for work in WORKS:
        one = times.get((1, work), {}).get("tfx")
        more = [times.get((count, work), {}).get("tfx") for count in counts]
        if one and any(more) and WORKS[work][3] == "us" and work != "first-step":
            lines.append(
                f"| {WORKS[work][0]} | " + " | ".join(cell(one / value) if value else "-" for value in more) + " |"
            )
    return "\n".join(lines) if len(lines) > 2 else ""


def first_calls(units):
    """{(threads, work): the first call of tfx over its median-like later ones, smallest of all rounds}."""
    found = {}
    for unit in units:
        for line in unit["results"]:
            if line["framework"] == "tfx" and line.get("first_us") and line["work"] in WORKS:
                key = line["threads"], line["work"]
                found[key] = min(found.get(key, math.inf), line["first_us"] / line["us"])
    return found


def machine_text(machine):
    """Sentences on what the processor is and can do."""
    levels = "; ".join(f"{one['name']} {one['read']:.0f} read, {one['copy']:.0f} copied" for one in machine["levels"])
    return (
        f"{machine['processor']}, {machine['cores']} cores seen, {machine['instruction_set']}. Measured on one core: "
        f"{machine['gflops']:.0f} GFLOP/s of float multiply-adds; GB/s: {levels}."
    )


def problems_text(units):
    """What could not be measured, a line for each."""
    found = {}
    for unit in units:
        if unit.get("error"):
            found[f"{FRAMEWORKS[unit['framework']]}, {unit['threads']} threads, {unit['program']}"] = unit["error"]
    return "\n".join(f"- {name}: {error}" for name, error in found.items())


def markdown(units, machine, pictures=(), points=()):
    times = best_times(units)
    parts = [
        "# Speed beside other frameworks",
        "Times of each framework divided by tfx's: above 1 tfx is faster. Float32, the same numbers of threads, pinned to "
        "the same cores, one after the other in the same minutes, smallest of all rounds. The head of "
        "`bench/peers/tfx_peers.cpp` says what the pieces of work are.",
        machine_text(machine),
    ]
    for threads in sorted({threads for threads, _ in times}):
        parts += [f"## {threads} thread{'s' if threads > 1 else ''}", ratio_table(times, threads)]
    scaling = scaling_table(times)
    if scaling:
        parts += ["## tfx, one thread / more threads", scaling]
    calls = {key: value for key, value in first_calls(units).items() if key[0] == 1}
    if calls:
        lines = [f"| {WORKS[work][0]} | {cell(value)} |" for (_, work), value in calls.items()]
        parts += ["## tfx, first call / later calls", "\n".join(["| work | ratio |", "|---|---|", *lines])]
    parts += [f"![{title}]({name})" for title, name in pictures]
    kernels = kernel_tables(points)
    if kernels:
        parts += ["## Kernels beside libraries, one thread", kernels]
    problems = problems_text(units)
    if problems:
        parts += ["## Not measured", problems]
    return "\n\n".join(parts) + "\n"


# ---- pictures


class Picture:
    """An SVG picture, line by line."""

    def __init__(self, width, height):
        self.lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            'font-family="Helvetica, Arial, sans-serif" font-size="12">',
            '<rect width="100%" height="100%" fill="white"/>',
        ]

    def text(self, x, y, words, anchor="start", size=12, colour="#333", turn=0):
        turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
        self.lines.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"{turned}>'
            f"{html.escape(words)}</text>"
        )

    def line(self, x1, y1, x2, y2, colour="#ddd", width=1, dash=""):
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.lines.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"{dashed}/>'
        )

    def circle(self, x, y, colour, radius=4, title=""):
        self.lines.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" fill-opacity="0.85">'
            f"<title>{html.escape(title)}</title></circle>"
        )

    def __str__(self):
        return "\n".join([*self.lines, "</svg>"]) + "\n"


def log_position(value, low, high, start, end):
    """Where a value lies between start and end on a logarithmic axis."""
    return start + (math.log(value) - math.log(low)) / (math.log(high) - math.log(low)) * (end - start)


def ratio_picture(times, threads):
    """One line for each piece of work, a dot for each peer at its time over tfx's."""
    rows = [(work, times[threads, work]) for work in WORKS if "tfx" in times.get((threads, work), {})]
    rows = [(work, row) for work, row in rows if best_peer(row)]
    left, right, top, step = 330, 860, 60, 30
    height = top + step * len(rows) + 50
    ratios = [ratio_to(row, name) for _, row in rows for name in row if name != "tfx"]
    low, high = min([0.7, *ratios]), max([2.0, *ratios]) * 1.15
    picture = Picture(right + 40, height)
    picture.text(
        20, 24, f"Time of other frameworks / time of tfx, {threads} thread{'s' if threads > 1 else ''}", size=15
    )
    used = [name for name in FRAMEWORKS if name != "tfx" and any(name in row for _, row in rows)]
    for i, name in enumerate(used):
        picture.circle(30 + 118 * i, 42, COLOURS[name])
        picture.text(38 + 118 * i, 46, FRAMEWORKS[name], size=11)
    bottom = top + step * len(rows)
    for tick in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500):
        if low <= tick <= high:
            x = log_position(tick, low, high, left, right)
            picture.line(x, top, x, bottom, "#1b1b1b" if tick == 1 else "#ddd", 2 if tick == 1 else 1)
            picture.text(x, bottom + 18, "tfx" if tick == 1 else f"{tick:g}", "middle")
    for i, (work, row) in enumerate(rows):
        y = top + step * (i + 0.5)
        picture.text(left - 14, y + 4, WORKS[work][0].replace("`", ""), "end")
        goal = goal_of(work, threads)
        if goal and low <= goal <= high:
            x = log_position(goal, low, high, left, right)
            picture.line(x, y - 9, x, y + 9, "#188038", 2)
        for name in used:
            ratio = ratio_to(row, name)
            if ratio:
                picture.circle(
                    log_position(ratio, low, high, left, right), y, COLOURS[name], 5, f"{FRAMEWORKS[name]}: {ratio:.2f}"
                )
    picture.text(right, bottom + 36, "green: the goal for the best of them", "end", 11, "#188038")
    return str(picture)


def kernel_points(reports):
    """Points (name, library, operations per byte, GFLOP/s) of Google Benchmark's reports with `flops` and `bytes`."""
    points = []
    for report in reports:
        for one in report.get("benchmarks", []):
            if one.get("flops") and one.get("bytes") and one.get("run_type", "iteration") == "iteration":
                library, _, name = one["name"].partition("/")
                points.append((name, library, one["flops"] / one["bytes"], one["flops"] / 1e9))
    return points


def kernel_tables(points):
    """Kernels beside the best of the libraries, the slowest first: tfx and it in GFLOP/s, and their ratio."""
    rates = {}
    for name, library, _, rate in points:
        rates.setdefault(name, {})[library] = max(rate, rates.get(name, {}).get(library, 0))
    kinds = {}
    for name, of in rates.items():
        others = {library: rate for library, rate in of.items() if library != "tfx"}
        if others and "tfx" in of:
            best = max(others, key=others.get)
            row = (of["tfx"] / others[best], name.partition(" ")[2], of["tfx"], others[best], best)
            kinds.setdefault(name.partition(" ")[0], []).append(row)
    parts = []
    for kind, rows in kinds.items():
        mean = math.exp(sum(math.log(row[0]) for row in rows) / len(rows))
        below = sum(row[0] < 1 for row in rows)
        parts += [
            f"### {KERNELS.get(kind, kind)}",
            f"{len(rows)} sizes, tfx / best other: geometric mean {mean:.2f}, below 1 in {below}.",
            "\n".join(
                [
                    "| size | tfx, GFLOP/s | best other | tfx / best |",
                    "|---|---|---|---|",
                    *(f"| {size} | {own:.0f} | {best:.0f} {by} | {ratio:.2f} |" for ratio, size, own, best, by in sorted(rows)),
                ]
            ),
        ]
    return "\n\n".join(parts)


def roofline_picture(machine, points):
    """The ceilings of one core, and kernels below them."""
    left, right, top, bottom = 70, 860, 50, 520
    low_x, high_x = 1 / 32, 1024
    high_y = machine["gflops"] * 2
    low_y = min([machine["gflops"] / 500, *(rate * 0.7 for *_, rate in points)])
    x_of = lambda value: log_position(min(max(value, low_x), high_x), low_x, high_x, left, right)  # noqa: E731
    y_of = lambda value: log_position(max(value, low_y), low_y, high_y, bottom, top)  # noqa: E731
    picture = Picture(right + 40, bottom + 60)
    picture.text(20, 24, "Roofline of one core: kernels below what it can do", size=15)
    picture.text(20, 40, machine["processor"] + ", " + machine["instruction_set"], size=11)
    for power in range(-5, 11):
        x = x_of(2.0**power)
        picture.line(x, top, x, bottom)
        picture.text(x, bottom + 18, f"{2.0**power:g}" if power >= 0 else f"1/{2**-power}", "middle", 11)
    tick = 10 ** math.floor(math.log10(low_y))
    while tick <= high_y:
        for value in (tick, 2 * tick, 5 * tick):
            if low_y <= value <= high_y:
                picture.line(left, y_of(value), right, y_of(value))
                picture.text(left - 8, y_of(value) + 4, f"{value:g}", "end", 11)
        tick *= 10
    picture.text((left + right) / 2, bottom + 40, "floating-point operations per byte moved", "middle")
    picture.text(18, (top + bottom) / 2, "GFLOP/s", "middle", turn=-90)
    for level in machine["levels"]:
        knee = machine["gflops"] / level["copy"]
        begin = max(low_x, low_y / level["copy"])
        picture.line(x_of(begin), y_of(begin * level["copy"]), x_of(knee), y_of(machine["gflops"]), "#888", 1.5)
        picture.text(
            x_of(begin) + 6,
            y_of(begin * level["copy"]) - 6,
            f"{level['name']} {level['copy']:.0f} GB/s",
            size=10,
            colour="#666",
        )
    picture.line(
        x_of(machine["gflops"] / max(one["copy"] for one in machine["levels"])),
        y_of(machine["gflops"]),
        right,
        y_of(machine["gflops"]),
        "#1b1b1b",
        2,
    )
    picture.text(right, y_of(machine["gflops"]) - 6, f"{machine['gflops']:.0f} GFLOP/s", "end")
    colours = {"tfx": "#1b1b1b", "eigen": "#1a73e8", "openblas": "#188038", "onednn": "#e8710a"}
    for i, (library, colour) in enumerate(colours.items()):
        if any(point[1] == library for point in points):
            picture.circle(right - 330 + 90 * i, 36, colour)
            picture.text(right - 322 + 90 * i, 40, library, size=11)
    for name, library, intensity, rate in points:
        picture.circle(
            x_of(intensity), y_of(rate), colours.get(library, "#999"), 4, f"{library} {name}: {rate:.1f} GFLOP/s"
        )
    return str(picture)
