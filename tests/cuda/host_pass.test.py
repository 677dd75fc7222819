# SPDX-License-Identifier: Apache-2.0
"""host_pass.test.py PROGRAM

nvcc compiles host code through a compiler of its own. It must see the same networks: the source of PROGRAM, compiled by
nvcc, prints the same numbers of parameters, nodes and kernels, and the same bits.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = ["-std=c++20", "-x", "cu", "-O1", "--expt-relaxed-constexpr", f"-I{HERE.parents[1] / 'include'}", "-Werror", "all-warnings", "-Xcompiler",
           "-ffp-contract=off,-fconstexpr-ops-limit=4000000000,-fconstexpr-loop-limit=100000000"]

nvcc = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
if nvcc is None:
    print("skipped: no nvcc (CUDA Toolkit 13 or later)")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    program = pathlib.Path(folder) / "host_pass"
    done = subprocess.run([nvcc, *OPTIONS, HERE / "host_pass.program.cpp", "-o", program], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    print(done.stderr, end="")
    expected, found = (subprocess.run([each], capture_output=True, text=True, check=True).stdout for each in (sys.argv[1], program))
print(found, end="")
if len(expected.splitlines()) != 8 or found != expected:
    print(f"the C++ compiler's build says:\n{expected}")
    sys.exit(1)
