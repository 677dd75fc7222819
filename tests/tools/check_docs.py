#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_docs.py SOURCE_DIR [--fix]

No code is typed into a document: every ```cpp block of README.md, CONTRIBUTING.md and docs/ follows a comment that says
which file it shows, and must equal that file's text. --fix writes the files' text into the documents.

    <!-- file: examples/xor.cpp -->                 the whole file, without its licence line and marker comments
    <!-- file: examples/xor.cpp region: train -->   what stands between "// region: train" and "// end region"
    <!-- output: examples/xor.txt -->               a ```text block: what the program prints, compared by its own test
    <!-- pending: examples/xor.cpp -->              not shown from a file yet; refused as soon as that file exists

Links to files inside the project must lead somewhere.
"""
import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"(?:<!-- (file|output|pending): (\S+)(?: region: (\S+))? -->\n\n?)?```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
HEAD = re.compile(r"\A(// (SPDX-|arguments:|libraries:|labels:).*\n)*\n*")
REGION_MARK = re.compile(r"^ *(?://|#) (region:|end region).*\n", re.MULTILINE)


def shown(path, region):
    """The part of a file that a document shows."""
    text = path.read_text(encoding="utf-8")
    if region:
        found = re.search(rf"^ *(?://|#) region: {region}\n(.*?)^ *(?://|#) end region", text, re.DOTALL | re.MULTILINE)
        if not found:
            raise LookupError(f"{path.name} has no region {region}")
        text = textwrap.dedent(found.group(1))
    return REGION_MARK.sub("", HEAD.sub("", text))


class Document:
    def __init__(self, root, path):
        self.root, self.path = root, path
        self.text = path.read_text(encoding="utf-8")
        self.found = []

    def complain(self, position, text):
        line = self.text.count("\n", 0, position) + 1
        self.found.append(f"{self.path.relative_to(self.root)}:{line}: {text}")

    def check_block(self, match):
        """Complains, and returns the block as it should be."""
        kind, name, region, language, code = match.groups()
        if kind is None:
            if language == "cpp":
                self.complain(match.start(), "this code does not come from a file: <!-- file: ... -->")
            return match.group(0)
        path = self.root / name
        if kind == "pending":
            if path.exists():
                self.complain(match.start(), f"{name} exists now: say <!-- file: {name} -->")
            return match.group(0)
        try:
            wanted = shown(path, region)
        except (OSError, LookupError) as error:
            self.complain(match.start(), str(error))
            return match.group(0)
        if code != wanted:
            self.complain(match.start(), f"this is not the text of {name}; tests/tools/check_docs.py . --fix copies it")
        return match.group(0).replace(f"```{language}\n{code}```", f"```{language}\n{wanted}```")

    def check(self):
        fixed = BLOCK.sub(self.check_block, self.text)
        for match in LINK.finditer(BLOCK.sub(lambda block: " " * len(block.group(0)), self.text)):
            if not (self.path.parent / match.group(1)).exists():
                self.complain(match.start(), f"{match.group(1)} does not exist")
        return fixed


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    paths = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]
    found = []
    for path in paths:
        document = Document(root, path)
        fixed = document.check()
        if "--fix" in sys.argv and fixed != document.text:
            path.write_text(fixed, encoding="utf-8")
        found += document.found
    print("\n".join(found) or f"{len(paths)} documents")
    sys.exit(bool(found))


main()
