#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_names.py SOURCE_DIR

Every public name of the rooms below is on its page of docs/reference/, and every nn::, loss::, metric::, optim::, init:: and
backend:: name and every header that a document mentions exists.
"""
import pathlib
import re
import sys

# room (or header): the page, and what stands before the name there
PAGES = {
    "ops": ("operations", ""),
    "autodiff/transform.hpp": ("operations", ""),
    "autodiff/custom_gradient.hpp": ("operations", ""),
    "expr/fill.hpp": ("operations", ""),
    "nn": ("layers", "nn::"),
    "loss": ("losses-metrics-optimizers", "loss::"),
    "metrics": ("losses-metrics-optimizers", "metric::"),
    "optim": ("losses-metrics-optimizers", "optim::"),
    "init": ("initializers", "init::"),
}
# Public for those who write library code.
INTERNAL = re.compile(
    r"\w+_(op|function|layer|scope|of|t|axes|box|variable)|composed|sequence|convolve|column_index|progression|drawn|dropout_mask|can_contract|"
    r"elementwise|make_expression|make_operation|operation|sum_to|repeated|is_training|param|state|accumulation|"
    r"rate|shared_numbers|update_count|update_counter|as_type|fans|fill|initializer")
DEFINITION = re.compile(
    r"^(?:template <[^\n]*>\s*)?(?:requires[^\n]*?\s)?"
    r"(?:inline constexpr (?:auto|composed<\w+>|\S+) (\w+)\s*(?:=|\{)"       # function objects
    r"|struct (\w+)(?: : [^{;]*)? \{"                                          # layers, losses
    r"|(?:\[\[nodiscard\]\] )?constexpr [\w:<>, .]+? (\w+)\()", re.MULTILINE)
SPACES = {"nn": "nn", "loss": "loss", "metric": "metrics", "optim": "optim", "init": "init", "backend": "backend"}


def without_details(text):
    """A header without comments, strings and what stands in namespace detail."""
    text = re.sub(r"//[^\n]*|\"(?:\\.|[^\"\n])*\"|'(?:\\.|[^'\n])'", "", text)
    kept, depth = [], 0
    for line in text.splitlines():
        if depth or re.match(r"namespace (\w+::)*detail\b", line):
            depth += line.count("{") - line.count("}")
        else:
            kept.append(line)
    return "\n".join(kept)


def public_names(path):
    text = re.sub(r"^(template <[^\n]*>)\n", r"\1 ", without_details(path.read_text(encoding="utf-8")), flags=re.MULTILINE)
    for found in DEFINITION.finditer(text):
        name = next(filter(None, found.groups()))
        if not INTERNAL.fullmatch(name):
            yield name


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    include = root / "include/tfx"
    complaints = []
    for room, (page, prefix) in PAGES.items():
        text = (root / f"docs/reference/{page}.md").read_text(encoding="utf-8")
        place = include / room
        for header in [place] if place.is_file() else sorted(place.rglob("*.hpp")):
            for name in sorted(set(public_names(header))):
                if not re.search(rf"`[^`\n]*(?<!\w){'(' + re.escape(prefix) + ')?' + re.escape(name)}\b", text):
                    complaints.append(f"docs/reference/{page}.md: {prefix}{name} of tfx/{header.relative_to(include)} is missing")

    sources = {space: "\n".join(p.read_text(encoding="utf-8") for p in sorted((include / room).rglob("*.hpp")))
               for space, room in SPACES.items()}
    for document in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        text = document.read_text(encoding="utf-8")
        for space, name in sorted(set(re.findall(r"(?<![\w:])(nn|loss|metric|optim|init|backend)::(\w+)", text))):
            if not re.search(rf"\b(?:struct|auto) {name}\b|\binline \w+& {name}\(|\busing [^;]*\b{name}\b|\benum \w+ {{[^}}]*\b{name}\b", sources[space]):
                complaints.append(f"{document.relative_to(root)}: {space}::{name} does not exist")
        for header in sorted(set(re.findall(r"\btfx/[\w/]+\.hpp", text))):
            if not (root / "include" / header).exists():
                complaints.append(f"{document.relative_to(root)}: {header} does not exist")
    print("\n".join(complaints) or "all names are there")
    sys.exit(bool(complaints))


main()
