#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_rooms.py SOURCE_DIR

Reads the #include lines under include/tfx. Rooms depend on each other in one direction: no way leads back to the room where
it began. Headers are included before the code, so that a header does not need what needs it. The core of the library
includes only what a freestanding implementation has or can be given. A header that says "// hosted: why" in its head may
include more of the standard library.
"""
import pathlib
import re
import sys

from markers import marker

# A room, and the rooms or single headers below it that it may include. Rooms that are not listed may include anything that
# does not lead back to them.
KERNEL_RECORDS = ["core", "geometry", "lanes", "backend/call", "backend/kernel"]
BELOW = {
    "core": [],
    "geometry": ["core"],
    "lanes": ["core"],
    "init": ["core", "lanes"],
    "backend/call": ["core", "geometry"],
    "graph": ["core", "geometry", "lanes", "init"],
    "ops": ["core", "geometry", "lanes", "graph"],
    "lower": ["core", "geometry", "lanes", "graph", "ops"],
    "compile": ["core", "geometry", "graph", "lower", "backend/kernel/instruction"],
    "backend/kernel": ["core", "geometry", "lanes", "graph", "backend/call"],
    "run": ["core", "geometry", "graph", "compile", "backend/call", "backend/kernel"],
    # Statements on tensors run at once: they know the operations, and what runs them.
    "expr": ["core", "graph", "ops", "lanes", "lower", "backend/reference", "backend/host"],
    "autodiff": ["core", "graph", "expr", "ops"],
    "nn": ["core", "graph", "expr", "ops", "autodiff", "init"],
    "loss": ["core", "graph", "expr", "ops", "autodiff", "init"],
    "optim": ["core", "graph", "expr", "ops", "autodiff", "init"],
    "metrics": ["core", "graph", "expr", "ops", "autodiff", "init", "loss"],   # every loss is a metric
    "backend/reference": ["graph", "run", *KERNEL_RECORDS],
    "backend/host": ["backend/reference", "backend/simd"],
    "backend/simd": ["graph", *KERNEL_RECORDS],
    "backend/threads": ["graph", *KERNEL_RECORDS],
    # A backend says which operations its own kernels stand for: `producer<matmul_op, ...>`.
    "backend/simd/backend": ["ops", "backend/reference", "backend/simd", *KERNEL_RECORDS],
    "backend/simd/chosen": ["backend/reference", *KERNEL_RECORDS],
    "backend/threads/backend": ["backend/simd", "backend/reference", "backend/threads"],
}
FREESTANDING = ["core", "graph", "expr", "ops", "autodiff", "lower", "compile", "run", "init", "nn", "loss", "optim", "metrics", "embedded",
                "backend/call", "backend/kernel", "geometry", "lanes", "backend/reference"]
ALLOWED = {"array", "initializer_list", "string_view", "utility", "type_traits", "concepts", "bit", "limits", "cstddef", "cstdint"}


def room_of(path):
    """core/shape.hpp is in core, backend/simd/gemm.hpp in backend/simd, backend/call.hpp in backend/call; core.hpp is in none."""
    parts = pathlib.PurePath(path).with_suffix("").parts
    if len(parts) == 1:
        return None
    return "/".join(parts[:2]) if parts[0] == "backend" else parts[0]


def includes(text):
    """The headers that a text includes, and whether code stands before each."""
    code = False
    for line in text.splitlines():
        if found := re.match(r" *# *include *[<\"]([^>\"]+)[>\"]", line):
            yield found[1], code
        elif line.strip() and not line.lstrip().startswith(("#", "//")):
            code = True


def complaints(root, path, ways):
    """Of one header; `ways` gets the ways from its room to others, each with a header that goes there."""
    name = path.relative_to(root).as_posix()
    room = room_of(name)
    below = BELOW.get(name.removesuffix(".hpp"), BELOW.get(room, []))
    for include, behind_code in includes(path.read_text(encoding="utf-8")):
        if include.startswith("tfx/"):
            other = room_of(include[len("tfx/"):])
            header = include[len("tfx/"):].removesuffix(".hpp")
            if room in BELOW and other != room and other not in below and header not in below:
                yield f"{name}: {room} is below {other}, but includes <{include}>"
            if behind_code and include.endswith(".hpp"):
                yield f"{name}: <{include}> is included behind code"
            if room and other and other != room:
                ways.setdefault(room, {}).setdefault(other, f"{name} includes <{include}>")
        elif room in FREESTANDING and include not in ALLOWED and marker(path, "hosted") is None:
            yield f"{name}: <{include}> is not for freestanding code"
        elif include.startswith("xsimd") and room != "backend/simd":
            yield f"{name}: only backend/simd includes xsimd"


def leads_to(ways, start, end):
    """Is there a way from room `start` to room `end`?"""
    seen, left = set(), [start]
    while left:
        for room in set(ways.get(left.pop(), ())) - seen:
            seen.add(room)
            left.append(room)
    return end in seen


root = pathlib.Path(sys.argv[1]) / "include/tfx"
ways = {}
found = [text for path in sorted(root.rglob("*.hpp")) for text in complaints(root, path, ways)]
found += [f"{text}, and a way leads back from {other} to {room}" for room, others in ways.items() for other, text in others.items()
          if leads_to(ways, other, room)]
print("\n".join(found))
sys.exit(bool(found))
