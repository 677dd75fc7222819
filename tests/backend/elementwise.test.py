# SPDX-License-Identifier: Apache-2.0
"""elementwise.test.cpp names every operation on elements that the library has."""

import os
import pathlib
import re
import sys

source = pathlib.Path(os.environ["TFX_SOURCE_DIR"])
declared = re.compile(r"struct (\w+) : (?:elementwise|detail::comparison)<\1>")
operations = {name for header in (source / "include").rglob("*.hpp") for name in declared.findall(header.read_text())}
tested = set(re.findall(r"\w+_op\b", (source / "tests/backend/elementwise.test.cpp").read_text()))
missing = sorted(operations - tested)
for name in missing:
    print(f"{name} is not in tests/backend/elementwise.test.cpp")
print(f"{len(operations)} operations, {len(missing)} of them missing")
sys.exit(bool(missing) or not operations)
