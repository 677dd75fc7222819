#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compile_cost.py PROGRAM... -- COMPILER OPTIONS...

Compiles each program and compares what that cost with the budget in its head:

    // budget: seconds=3.5 megabytes=400 lines=60000 specialisations=9000 compiler=g++-12

seconds          CPU time of the compiler, on a machine where the calibration program below takes CALIBRATION_SECONDS: scaled
                 by what that program takes here just before and just after. It costs the compiler what tfx does, templates and
                 code at some hundred megabytes, so that a busy machine slows down both. Times vary nevertheless: 1.3 times
                 the budget is allowed, and what takes longer is measured again, at most ATTEMPTS times, of which the least
                 counts
megabytes        largest resident set of the compiler; 1.15 times is allowed
lines            lines after preprocessing, without empty ones
specialisations  templates instantiated (g++ -fstats). Both counts are the same everywhere for one version of the compiler
                 and its library: 1.02 times is allowed, and they are compared only with the compiler that the budget names
"""
import os
import re
import subprocess
import sys
import tempfile

from markers import words

CALIBRATION_SECONDS = 3.0
CALIBRATION = r"""
#include <iostream>
#include <map>
#include <regex>
#include <string>
int main() {
  const std::regex wanted("(\\w+)=(\\d+)");
  std::map<std::string, int> table;
  std::string line;
  std::smatch found;
  while (std::getline(std::cin, line))
    if (std::regex_match(line, found, wanted)) table[found[1]] += std::stoi(found[2]);
  for (auto& [name, sum] : table) std::cout << name << ' ' << sum << '\n';
}
"""
TOLERANCE = {"seconds": 1.3, "megabytes": 1.15, "lines": 1.02, "specialisations": 1.02}
COUNTS = ("lines", "specialisations")
ATTEMPTS = 3


def cost(command, source, folder):
    """CPU seconds and megabytes of one compilation, and the compiler's own statistics if it is g++."""
    with open(f"{folder}/log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen([*command, "-c", source, "-o", f"{folder}/object.o"], stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        output = log.read()
    if process.returncode != 0:
        sys.exit(f"{source} does not compile\n{output}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output


class Clock:
    """Seconds of compilations, each between two of the calibration program; its last is the next one's first."""

    def __init__(self, command, calibration, folder):
        self.command, self.calibration, self.folder = command, calibration, folder
        self.here = cost(command, calibration, folder)[0]

    def scaled(self, source):
        before = self.here
        seconds, megabytes, _ = cost(self.command, source, self.folder)
        self.here = cost(self.command, self.calibration, self.folder)[0]
        return seconds * CALIBRATION_SECONDS * 2 / (before + self.here), megabytes

    def least(self, source, most):
        """Of some attempts; no further one once `most` is kept."""
        seconds, megabytes = self.scaled(source)
        for _ in range(ATTEMPTS - 1):
            if seconds <= most:
                break
            seconds = min(seconds, self.scaled(source)[0])
        return seconds, megabytes


def counts(command, source, folder, is_gnu):
    text = subprocess.run([*command, "-E", source], capture_output=True, text=True, check=True).stdout
    found = {"lines": sum(1 for line in text.splitlines() if line.strip() and not line.startswith("#"))}
    if is_gnu:
        # The statistics cost time themselves, and code generation adds nothing to them.
        _, _, output = cost([*command, "-O0", "-fstats"], source, folder)
        tables = re.findall(r"(?:decl|type)_specializations: size \d+, (\d+) elements", output)
        found["specialisations"] = sum(int(count) for count in tables)
    return found


def main():
    separator = sys.argv.index("--")
    programs, command = sys.argv[1:separator], sys.argv[separator + 1:]
    macros = subprocess.run([*command, "-dM", "-E", "-x", "c++", "/dev/null"], capture_output=True, text=True).stdout
    major = re.search(r"#define __(?:clang_major|GNUC)__ (\d+)", macros).group(1)
    is_gnu = "__clang__" not in macros
    compiler = f"{'g++' if is_gnu else 'clang++'}-{major}"
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        calibration = f"{folder}/calibration.cpp"
        with open(calibration, "w", encoding="utf-8") as file:
            file.write(CALIBRATION)
        clock = Clock(command, calibration, folder)
        print(f"{compiler}; the calibration program takes {clock.here:.2f} s here now and {CALIBRATION_SECONDS} s in the budgets\n")
        print(f"{'':32}" + "".join(f"{name + ' (budget)':>26}" for name in TOLERANCE))
        for program in programs:
            budget = dict(pair.split("=") for pair in words(program, "budget"))
            found = {}
            if "seconds" in budget:
                found["seconds"], found["megabytes"] = clock.least(program, float(budget["seconds"]) * TOLERANCE["seconds"])
            if any(name in budget for name in COUNTS):
                found |= counts(command, program, folder, is_gnu)
            row, over = "", []
            for name, tolerance in TOLERANCE.items():
                value, limit = found.get(name), budget.get(name)
                text = "-" if value is None else f"{value:.2f}" if name == "seconds" else f"{value:.0f}"
                row += f"{text + (f' ({limit})' if limit else ''):>26}"
                compared = name not in COUNTS or budget.get("compiler") == compiler
                if value is not None and limit and compared and value > float(limit) * tolerance:
                    over.append(name)
            print(f"{os.path.basename(program):32}{row}{'   OVER: ' + ', '.join(over) if over else ''}", flush=True)
            failed |= bool(over)
    sys.exit(failed)


main()
