# SPDX-License-Identifier: Apache-2.0
# packages: numpy tensorflow
"""tensor_bundle.test.py PROGRAM

TensorFlow reads a copy of what it wrote, and what a model wrote, and finds the newest in a folder; both refuse damaged ones.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
try:
    import numpy
    import tensorflow as tf
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PROGRAM = sys.argv[1]
random = numpy.random.default_rng(1)
ARRAYS = {f"layer_{i:03}/{part}": random.standard_normal(shape).astype(numpy.float32)
          for i in range(150) for part, shape in (("kernel", (3, i % 5)), ("bias", (4,)))}
TYPES = [numpy.float64, numpy.int8, numpy.int16, numpy.int32, numpy.int64, numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64,
         numpy.float16, tf.bfloat16.as_numpy_dtype, numpy.complex64, numpy.bool_]
ARRAYS |= {f"types/{numpy.dtype(t).name}": numpy.array([[0, 1, 2]]).astype(t) for t in TYPES} | {"scalar": numpy.int64(-5)}


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)


def succeed(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, (arguments, done)
    return done.stdout.split()


def compare(prefix, expected):
    found = tf.train.load_checkpoint(str(prefix))
    assert sorted(found.get_variable_to_shape_map()) == sorted(expected)
    for name, array in expected.items():
        tensor = found.get_tensor(name)
        assert tensor.dtype == array.dtype and tensor.shape == array.shape and numpy.array_equal(tensor, array), name


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    theirs, copy = folder / "theirs", folder / "copy"
    tf.raw_ops.SaveV2(prefix=str(theirs), tensor_names=list(ARRAYS), shape_and_slices=[""] * len(ARRAYS),
                      tensors=[tf.constant(array) for array in ARRAYS.values()])
    assert succeed("copy", theirs, copy) == []
    compare(copy, ARRAYS)

    # A checkpoint of objects: arrays, and a string with their graph.
    objects = tf.train.Checkpoint(weight=tf.Variable([[1.0, 2.0]]), step=tf.Variable(3, dtype=tf.int64))
    manager = tf.train.CheckpointManager(objects, str(folder / "objects"), max_to_keep=2)
    for _ in range(3):
        newest = manager.save()
    assert succeed("latest", folder / "objects") == [newest], newest
    assert succeed("copy", newest, copy) == ["_CHECKPOINTABLE_OBJECT_GRAPH"]
    before, after = tf.train.load_checkpoint(newest), tf.train.load_checkpoint(str(copy))
    for key in after.get_variable_to_shape_map():
        assert numpy.array_equal(before.get_tensor(key), after.get_tensor(key)), key
    assert len(after.get_variable_to_shape_map()) == 3   # and save_counter

    (folder / "ours").mkdir()
    for step in (1, 2):
        succeed("save", folder / "ours" / f"step-{step}")
    assert tf.train.latest_checkpoint(str(folder / "ours")) == str(folder / "ours" / "step-2")
    ours = tf.train.load_checkpoint(str(folder / "ours" / "step-2"))
    assert ours.get_variable_to_shape_map() == {"dense/weight": [2, 3], "dense/bias": [3], "dense_1/weight": [3, 2], "dense_1/bias": [2]}
    assert numpy.any(ours.get_tensor("dense/weight") != 0)

    # One changed byte of the numbers, and one of the index.
    for ending, at in ((".data-00000-of-00001", 100), (".index", 50)):
        whole = pathlib.Path(str(theirs) + ending).read_bytes()
        damaged = bytearray(whole)
        damaged[at] ^= 1
        pathlib.Path(str(theirs) + ending).write_bytes(damaged)
        assert run("copy", theirs, copy).returncode == 1, ending
        pathlib.Path(str(theirs) + ending).write_bytes(whole)
print(f"{len(ARRAYS)} arrays of {len(TYPES) + 1} types")
