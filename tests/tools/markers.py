# SPDX-License-Identifier: Apache-2.0
"""Reads "// key: words" lines in the head of a source file: what stands before its first declaration."""
import pathlib
import shlex


def marker(path, key):
    """The text after "// key:", or None."""
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith(("//", "#")):
            return None
        if line.startswith(f"// {key}:"):
            return line.split(":", 1)[1].strip()
    return None


def words(path, key):
    """The words after "// key:", as a shell would split them."""
    return shlex.split(marker(path, key) or "")
