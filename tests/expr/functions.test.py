# SPDX-License-Identifier: Apache-2.0
"""functions.test.py PROGRAM [--fix]

What docs/reference/operations.md says can be called on tensors is what the program says, which has compiled the calls: the
column without a title says `v` where all names of a row can be, nothing where none can, else one of `v` and `–` for each.
--fix writes the column.
"""

import os
import pathlib
import re
import subprocess
import sys

page = pathlib.Path(os.environ.get("TFX_SOURCE_DIR", ".")) / "docs/reference/operations.md"
printed = subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout
callable_on_tensors = {name: mark == "v" for name, mark in (line.rsplit(": ", 1) for line in printed.splitlines())}
wrong, seen, lines, column = [], set(), page.read_text(encoding="utf-8").split("\n"), None

for number, line in enumerate(lines):
    cells = line.strip("|").split("|")
    if not line.startswith("|"):
        column = None
    elif column is None:  # the head of a table
        titles = [cell.strip() for cell in cells]
        column = titles.index("") if "" in titles else -1
    elif column >= 0 and not line.startswith("|---"):
        names = re.findall(r"`([^`]+)`", cells[0])
        unknown = [name for name in names if name not in callable_on_tensors]
        if unknown:
            wrong.append(f"{page.name}:{number + 1}: functions.program.cpp does not call {', '.join(unknown)}")
            continue
        seen.update(names)
        marks = ["v" if callable_on_tensors[name] else "–" for name in names]
        found = marks if len(set(marks)) > 1 else [marks[0].strip("–")]
        cell = f" {', '.join(found)} " if found != [""] else " "
        if cells[column] != cell:
            wrong.append(f"{page.name}:{number + 1}: {', '.join(names)}: says '{cells[column].strip()}', is '{cell.strip()}'")
            cells[column] = cell
            lines[number] = "|" + "|".join(cells) + "|"

wrong += [f"{page.name} does not have {name}" for name in sorted(callable_on_tensors.keys() - seen)]
if "--fix" in sys.argv:
    page.write_text("\n".join(lines), encoding="utf-8")
print("\n".join(wrong) or f"{len(seen)} functions as the page says")
sys.exit(bool(wrong))
