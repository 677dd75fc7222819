# SPDX-License-Identifier: Apache-2.0
# packages: numpy safetensors
"""safetensors.test.py PROGRAM

The reference implementation reads what PROGRAM wrote, PROGRAM reads what it wrote, both write the same bytes, and both
refuse the same damaged files.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
    import safetensors
    import safetensors.numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PROGRAM = sys.argv[1]
ARRAYS = {
    "u8": numpy.array([1, 2, 3, 250], numpy.uint8),
    "flags": numpy.array([True, False, True]),
    "f32": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4,
    'layer/"ä"/f64': numpy.array([[0.1], [-0.1]]),
    "i32": numpy.array([-1, 2, -3], numpy.int32),
    "i64": numpy.array(1234567890123, numpy.int64),
    "u64": numpy.array([2**64 - 1, 1], numpy.uint64),
    "u32": numpy.array([2**32 - 1], numpy.uint32),
    "i16": numpy.array([-32768, 2, 3], numpy.int16),
    "u16": numpy.array([65535], numpy.uint16),
    "i8": numpy.array([-128, 127, 0], numpy.int8),
    "halves": numpy.array([0.5, -2.25, 65504], numpy.float16),
    "complex": numpy.array([1 + 2j, -0.5], numpy.complex64),
    "empty": numpy.zeros((0, 4), numpy.float32),
}


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)


def succeed(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, (arguments, done)


def reference_accepts(path):
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            list(file.keys())
        return True
    except safetensors.SafetensorError:
        return False


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)

    ours = folder / "ours.safetensors"
    succeed("write", ours)
    found = safetensors.numpy.load_file(ours)
    assert sorted(found) == sorted(ARRAYS), sorted(found)
    for key, expected in ARRAYS.items():
        assert found[key].dtype == expected.dtype and found[key].shape == expected.shape, key
        assert numpy.array_equal(found[key], expected), key
    with safetensors.safe_open(ours, framework="numpy") as file:
        assert file.metadata() == {"format": "tfx", "note": "line\nbreak"}, file.metadata()

    succeed("write_plain", ours)
    reference = safetensors.numpy.save(ARRAYS)
    assert ours.read_bytes() == reference, (ours.read_bytes()[:400], reference[:400])

    theirs = folder / "theirs.safetensors"
    more = ARRAYS | {"f16": ARRAYS["f32"].astype(numpy.float16)}
    safetensors.numpy.save_file(more, theirs, metadata={"note": "line\nbreak"})
    succeed("read", theirs)

    # The same verdict on headers that are wrong in one respect each.
    entry = {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}
    headers = {
        "good": {"a": entry},
        "wrong size": {"a": entry | {"shape": [7]}},
        "hole": {"a": entry | {"shape": [7], "data_offsets": [1, 8]}},
        "too long": {"a": entry | {"shape": [9], "data_offsets": [0, 9]}},
        "overflow": {"a": entry | {"shape": [2**62, 2**62]}},
        "unknown type": {"a": entry | {"dtype": "X8"}},
        "no shape": {"a": {"dtype": "U8", "data_offsets": [0, 8]}},
        "metadata is a number": {"__metadata__": {"k": 1}, "a": entry},
        "negative extent": {"a": entry | {"shape": [-8]}},
    }
    damaged = folder / "damaged.safetensors"
    for what, header in headers.items():
        text = json.dumps(header).encode()
        damaged.write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
        done = run("read", damaged)
        # Of the good file, the program misses the arrays that it wants.
        opened = "expected an array named f32" in done.stdout
        assert done.returncode == 2, (what, done)
        assert opened == reference_accepts(damaged) == (what == "good"), (what, done.stdout)

print("the same files, the same verdicts")
