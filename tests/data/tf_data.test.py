# SPDX-License-Identifier: Apache-2.0
# packages: numpy tensorflow
"""tf_data.test.py PROGRAM

Elements come in the order of tf.data, files are read as TensorFlow reads them and written so that it can, pictures are resized as
tf.image resizes them.
"""
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", OMP_NUM_THREADS="1")
try:
    import numpy
    import tensorflow as tf
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PROGRAM = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
CHECKED = 0


def ours(*case):
    PROGRAM.stdin.write(" ".join(map(str, case)) + "\n")
    PROGRAM.stdin.flush()
    return json.loads(PROGRAM.stdout.readline())


def plain(x):
    if isinstance(x, tf.data.Dataset):
        return [plain(e) for e in x]
    if isinstance(x, (tuple, list)):
        return [plain(e) for e in x]
    if isinstance(x, tf.Tensor):
        return plain(x.numpy())
    if isinstance(x, (numpy.ndarray, numpy.generic)):
        return plain(x.tolist())
    return x.decode("latin-1") if isinstance(x, bytes) else x


def same(case, theirs):
    global CHECKED
    CHECKED += 1
    found, wanted = ours(*case), plain(theirs)
    assert found == wanted, f"{case}: found {found}, wanted {wanted}"


def some(i):
    return i * 7 % 5 + i * 3 % 4


def vectors(n):
    return tf.data.Dataset.from_generator(lambda: ([i] * some(i) for i in range(n)), output_signature=tf.TensorSpec([None], tf.int32))


def orders():
    for n, cycle, block in itertools.product((0, 1, 7, 12), (1, 2, 3, 20), (1, 2, 5)):
        inner = lambda i: tf.data.Dataset.range(i * 7 % 5 + i * 3 % 4).map(lambda k: 100 * i + k)
        same(("interleave", n, cycle, block), tf.data.Dataset.range(n).interleave(inner, cycle, block))
    for n, size, shift, stride in itertools.product((0, 3, 11), (1, 3, 4), (1, 2, 5), (1, 2, 3)):
        same(("window", n, size, shift, stride), tf.data.Dataset.range(n).window(size, shift, stride))
        same(("full_window", n, size, shift, stride), tf.data.Dataset.range(n).window(size, shift, stride, drop_remainder=True))
    for n, drop in itertools.product((0, 3, 4, 9), (0, 1)):
        same(("batch", n, drop), tf.data.Dataset.range(n).batch(4, drop_remainder=bool(drop)))
    for n, count, index in ((20, 3, 0), (20, 3, 2), (5, 7, 6)):
        same(("shard", n, count, index), tf.data.Dataset.range(n).shard(count, index).skip(1).repeat(2).take(7))
    for n, size in itertools.product((0, 4, 23), (1, 3)):
        same(("group", n, size), tf.data.Dataset.range(n).group_by_window(lambda i: (i * 7) % 5 - 2, lambda key, window: window.batch(size), window_size=size))
    for n in (0, 5, 16):
        same(("padded", n), vectors(n).padded_batch(4, padding_values=-1))
    for n in (2, 17, 30):
        same(("buckets", n), vectors(n).bucket_by_sequence_length(lambda x: tf.shape(x)[0], [2, 4, 6], [3] * 4))
    for n in (3, 40):
        sources = [tf.data.Dataset.range(5), tf.data.Dataset.range(10, 19), tf.data.Dataset.range(20, 24)]
        same(("choose", n), tf.data.Dataset.choose_from_datasets(sources, tf.data.Dataset.range(n).map(lambda i: i * i % 3), stop_on_empty_dataset=False))


def texts(folder):
    path = folder / "lines.txt"
    # TensorFlow leaves out every CR, also within a line.
    for text in (b"", b"one", b"one\ntwo\n", b"\n\r\nab\r\n\xffc", b"x" * 300000 + b"\ny"):
        path.write_bytes(text)
        same(("lines", path), tf.data.TextLineDataset(str(path)))
    path = folder / "table.csv"
    path.write_text('a,b,"c",d,e\n1.5,"x, ""y""\nz",-3,0.1,1e-30\r\n+2,,4,nan,"7"\n 0.3 ,plain,5,-0,8', newline="")
    types = [tf.float64, tf.string, tf.int32, tf.float32, tf.float32]
    found, wanted = ours("csv", path), plain(tf.data.experimental.CsvDataset(str(path), types[:1] + [tf.constant([""])] + types[2:], header=True))
    flat = [[a, b, c, *de] for a, b, c, de in found]
    for ours_row, their_row in zip(flat, wanted, strict=True):
        for x, y in zip(ours_row, their_row, strict=True):
            assert x == y or (x != x and y != y) or numpy.float32(x) == numpy.float32(y), (ours_row, their_row)


def feature(kind, values):
    lists = {"float": ("float_list", tf.train.FloatList), "int": ("int64_list", tf.train.Int64List), "bytes": ("bytes_list", tf.train.BytesList)}
    name, make = lists[kind]
    return tf.train.Feature(**{name: make(value=values)})


def messages():
    for i in range(40):
        yield tf.train.Example(features=tf.train.Features(feature={
            "x": feature("float", [i / 4, -1.5]), "n": feature("int", [i - 20, 1 << (i + 20)]),
            "name": feature("bytes", [bytes([97 + i % 26]) * (i * 31), b"\xff"]), "none": tf.train.Feature()}))
    lists = {"steps": [feature("float", [i, i * i]) for i in range(3)], "words": [feature("bytes", [bytes([120 + i])]) for i in range(3)]}
    yield tf.train.SequenceExample(context=tf.train.Features(feature={"length": feature("int", [3])}), feature_lists=tf.train.FeatureLists(
        feature_list={name: tf.train.FeatureList(feature=steps) for name, steps in lists.items()}))


def records(folder):
    wanted = list(messages())
    for how in ("", "GZIP", "ZLIB"):
        path = folder / f"ours{how}.tfrecord"
        ours("write", path, how or "none")
        found = list(tf.data.TFRecordDataset(str(path), compression_type=how).as_numpy_iterator())
        assert len(found) == 41
        for bytes_, message in zip(found, wanted):
            assert type(message).FromString(bytes_) == message, message
        path = folder / f"theirs{how}.tfrecord"
        with tf.io.TFRecordWriter(str(path), options=how) as out:
            for message in wanted:
                out.write(message.SerializeToString())
        case = [[[i / 4, -1.5], [i - 20, 1 << (i + 20)], [chr(97 + i % 26) * (i * 31), "\xff"], []] for i in range(40)]
        same(("read", path), case + [[[3], [2, 4], ["y"], 3]])
        spec = {"x": tf.io.FixedLenFeature([2], tf.float32), "n": tf.io.VarLenFeature(tf.int64)}
        parsed = [tf.io.parse_single_example(m.SerializeToString(), spec) for m in wanted[:40]]
        same(("parse", path), [[p["x"], tf.sparse.to_dense(p["n"])] for p in parsed])


def pictures(folder):
    pixels = numpy.random.default_rng(1).integers(0, 256, (17, 23, 3), numpy.uint8)
    for name, encoded in (("a.png", tf.io.encode_png(pixels)), ("b.bmp", None)):
        path = folder / name
        if encoded is None:
            rows = b"".join(row[:, ::-1].tobytes().ljust(72, b"\0") for row in pixels[::-1])
            path.write_bytes(b"BM" + (54 + len(rows)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little") + (23).to_bytes(4, "little") +
                             (17).to_bytes(4, "little") + b"\1\0\x18\0" + bytes(24) + rows)
        else:
            path.write_bytes(encoded.numpy())
        assert numpy.array_equal(tf.io.decode_image(path.read_bytes()).numpy(), pixels)
        for method in ("bilinear", "nearest"):
            found = ours("resize", path, method)
            for f, size in zip(found, ((5, 7), (40, 50), (13, 31), (1, 1)), strict=True):
                wanted = tf.image.resize(pixels, size, method=method).numpy().ravel()
                worst = numpy.abs(numpy.array(f) - wanted).max()
                assert worst <= (0 if method == "nearest" else 3e-5), (path, method, size, worst)
    for kind in ("cat", "dog"):
        (folder / "pictures" / kind).mkdir(parents=True)
        for i in range(2):
            tf.io.write_file(str(folder / "pictures" / kind / f"{i}.png"), tf.io.encode_png(pixels[i * (kind == "dog"):]))
    wanted = tf.keras.utils.image_dataset_from_directory(folder / "pictures", image_size=(4, 6), shuffle=False, batch_size=None, verbose=0)
    for (f, label), (w, their_label) in zip(ours("folder", folder / "pictures"), wanted, strict=True):
        assert label == int(their_label)
        assert numpy.abs(numpy.array(f) * 255 - w.numpy()).max() < 1e-3


with tempfile.TemporaryDirectory() as name:
    orders()
    texts(pathlib.Path(name))
    records(pathlib.Path(name))
    pictures(pathlib.Path(name))
PROGRAM.stdin.close()
print(f"{CHECKED} cases agree")
sys.exit(PROGRAM.wait())
