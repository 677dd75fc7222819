#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compile_cost.py PROGRAM... -- COMPILER OPTIONS...

Compiles each program and compares what that cost with the budget in its head:

    // budget: seconds=3.5 megabytes=400 lines=60000 specialisations=9000 compiler=g++-12

seconds          CPU time of the compiler, on a machine where the calibration program below takes CALIBRATION_SECONDS: scaled
                 by what that program takes here just before and just after. Times vary: 1.5 times the budget is
                 allowed, and what takes longer is measured again, at most ATTEMPTS times, of which the least counts
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

CALIBRATION_SECONDS = 1.2
CALIBRATION = """
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>
int main() {
  std::map<std::string, std::vector<int>> table;
  std::string word;
  while (std::cin >> word) table[word].push_back(int(table.size()));
  std::vector<std::pair<std::string, int>> rows;
  for (auto& [name, places] : table) rows.emplace_back(name, places.front());
  std::sort(rows.begin(), rows.end());
  for (auto& row : rows) std::cout << row.first << ' ' << row.second << '\\n';
}
"""
TOLERANCE = {"seconds": 1.5, "megabytes": 1.15, "lines": 1.02, "specialisations": 1.02}
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


def scaled_seconds(command, source, calibration, folder, most):
    """The least of some attempts, and megabytes; no further attempt once `most` is kept."""
    least = None
    before = cost(command, calibration, folder)[0]
    for _ in range(ATTEMPTS):
        seconds, megabytes, _ = cost(command, source, folder)
        after = cost(command, calibration, folder)[0]
        scaled = seconds * CALIBRATION_SECONDS * 2 / (before + after)
        least = scaled if least is None else min(least, scaled)
        if least <= most:
            break
        before = after
    return least, megabytes


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
        here = cost(command, calibration, folder)[0]
        print(f"{compiler}; the calibration program takes {here:.2f} s here now and {CALIBRATION_SECONDS} s in the budgets\n")
        print(f"{'':32}" + "".join(f"{name + ' (budget)':>26}" for name in TOLERANCE))
        for program in programs:
            budget = dict(pair.split("=") for pair in words(program, "budget"))
            most = float(budget.get("seconds", "inf")) * TOLERANCE["seconds"]
            found = dict(zip(("seconds", "megabytes"), scaled_seconds(command, program, calibration, folder, most)))
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
