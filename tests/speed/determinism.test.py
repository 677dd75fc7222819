# SPDX-License-Identifier: Apache-2.0
"""determinism.test.py

bench/determinism.py still finds in the headers what it takes out of its copy.
"""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TFX_SOURCE_DIR"], "bench"))
import determinism  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    copy = determinism.relaxed_headers(pathlib.Path(folder) / "include")
    changed = [path for path in copy.rglob("*") if path.is_file()
               and path.read_bytes() != (determinism.ROOT / "include" / path.relative_to(copy)).read_bytes()]
    assert [path.relative_to(copy).as_posix() for path in changed] == list(determinism.BARRIERS), changed
