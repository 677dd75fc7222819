#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_rooms.py SOURCE_DIR

Reads the #include lines under include/tfx. Rooms depend on each other in one direction, and the core of the library
includes only what a freestanding implementation has or can be given. A header that says "// hosted: why" in its head may
include more of the standard library.
"""
import pathlib
import re
import sys

from markers import marker

# A room, and the rooms or single headers below it that it may include. Rooms that are not listed may include anything.
KERNEL_RECORDS = ["core", "geometry", "backend/call", "backend/kernel", "backend/reduce_order"]
BELOW = {
    "core": [],
    "geometry": ["core"],
    "backend/call": ["core", "geometry"],
    "backend/reduce_order": ["core"],
    "lanes": ["core"],
    "init": ["core", "lanes"],
    "graph": ["core", "geometry", "backend/call", "init", "backend/reference/evaluate"],   # a node's record says what it computes
    "expr/var": ["core", "graph"],
    "ops": ["core", "graph", "expr/var", "autodiff/gradient_scope", "lanes", *KERNEL_RECORDS],
    # Statements on tensors run at once: they know the operations, and what runs them.
    "expr": ["core", "graph", "ops", "lanes", "backend/reference", "backend/host"],
    "autodiff": ["core", "graph", "expr", "ops"],
    "nn": ["core", "graph", "expr", "ops", "autodiff", "init"],
    "loss": ["core", "graph", "expr", "ops", "autodiff", "init"],
    "optim": ["core", "graph", "expr", "ops", "autodiff", "init"],
    "metrics": ["core", "graph", "expr", "ops", "autodiff", "init"],
    "compile": ["graph", *KERNEL_RECORDS],
    "backend/reference/evaluate": ["graph/node", "lanes", *KERNEL_RECORDS],
    "backend/reference": ["graph", "compile", "lanes", *KERNEL_RECORDS],
    "backend/host": ["backend/reference", "backend/simd"],
    "backend/simd": ["graph", "compile", "lanes", *KERNEL_RECORDS],
    "backend/threads": ["graph", "compile", "lanes", *KERNEL_RECORDS],
    # A backend says which operations its own kernels stand for: `producer<matmul_op, ...>`.
    "backend/simd/backend": ["ops", "backend/reference", "backend/simd"],
    "backend/threads/backend": ["backend/simd", "backend/reference", "backend/threads"],
}
FREESTANDING = ["core", "graph", "expr", "ops", "autodiff", "compile", "init", "nn", "loss", "optim", "metrics", "embedded", "backend/call",
                "backend/kernel", "backend/reduce_order", "geometry", "lanes", "backend/reference"]
ALLOWED = {"array", "string_view", "utility", "type_traits", "concepts", "bit", "limits", "cstddef", "cstdint"}


def room_of(path):
    """core/shape.hpp is in core, backend/simd/gemm.hpp in backend/simd, backend/call.hpp in backend/call; core.hpp is in none."""
    parts = pathlib.PurePath(path).with_suffix("").parts
    if len(parts) == 1:
        return None
    return "/".join(parts[:2]) if parts[0] == "backend" else parts[0]


def complaints(root, path):
    name = path.relative_to(root).as_posix()
    room = room_of(name)
    below = BELOW.get(name.removesuffix(".hpp"), BELOW.get(room, []))
    for include in re.findall(r"^ *# *include *[<\"]([^>\"]+)[>\"]", path.read_text(encoding="utf-8"), re.MULTILINE):
        if include.startswith("tfx/"):
            other = room_of(include[len("tfx/"):])
            header = include[len("tfx/"):].removesuffix(".hpp")
            if room in BELOW and other != room and other not in below and header not in below:
                yield f"{name}: {room} is below {other}, but includes <{include}>"
        elif room in FREESTANDING and include not in ALLOWED and marker(path, "hosted") is None:
            yield f"{name}: <{include}> is not for freestanding code"
        elif include.startswith("xsimd") and room != "backend/simd":
            yield f"{name}: only backend/simd includes xsimd"


root = pathlib.Path(sys.argv[1]) / "include/tfx"
found = [text for path in sorted(root.rglob("*.hpp")) for text in complaints(root, path)]
print("\n".join(found))
sys.exit(bool(found))
