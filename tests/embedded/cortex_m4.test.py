# SPDX-License-Identifier: Apache-2.0
"""cortex_m4.test.py PROGRAM

PROGRAM trains two networks on this machine, writes them as headers and prints what they predict. They are built for a
Cortex-M4 without operating system and run in an emulator: the outputs have the same bits, there is no heap, no exception
and no function of a library in the program, and no table in the flash beside the weights.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "include"
COMPILER, EMULATOR = "arm-none-eabi-g++", "qemu-system-arm"
OPTIONS = ["-std=c++20", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-ffreestanding", "-fno-exceptions", "-fno-rtti",
           "-fno-threadsafe-statics", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections",
           "-ffp-contract=off", "-fno-math-errno", "-fconstexpr-ops-limit=4000000000", "-Wall", "-Wextra", "-Werror", f"-I{INCLUDE}"]
LINK = ["-nostdlib", "-nostartfiles", f"-T{HERE}/board/board.ld", "-Wl,--gc-sections", "-Wl,--fatal-warnings"]
# 64-bit division and the like come from the compiler's own library in the table form; the direct form needs nothing.
FORMS = {"direct": (["-Os"], []), "direct -O2": (["-O2"], []), "table": (["-Os", "-DTABLE"], ["-lgcc"])}
FORBIDDEN = r"malloc|calloc|realloc|free|sbrk|__cxa|_Unwind|__aeabi_[df]|fmaf?$|expf?$|logf?$|tanhf?$|sqrtf?$|printf|throw|operator new"


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout + (done.stderr if command[0] == EMULATOR else "")   # semihosting writes there


for tool in (COMPILER, EMULATOR):
    if shutil.which(tool) is None:
        print(f"skipped: no {tool} (Debian, Ubuntu: gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm)")
        sys.exit(77)

failures = []
with tempfile.TemporaryDirectory() as folder:
    expected = {}
    for line in run(sys.argv[1], folder).splitlines():
        network, way, *bits = line.split()
        if expected.setdefault(network, bits) != bits:
            failures.append(f"host: {network}, {way}: {bits} instead of {expected[network]}")
    for network, bits in expected.items():
        if len(bits) != 12 or len(set(bits)) < 10:
            failures.append(f"host: {network}: these are not twelve different outputs: {bits}")

    for form, (options, libraries) in FORMS.items():
        program = pathlib.Path(folder) / "board.elf"
        run(COMPILER, *OPTIONS, *options, f"-I{folder}", HERE / "board/board.cpp", *LINK, *libraries, "-o", program)
        output = run(EMULATOR, "-M", "mps2-an386", "-display", "none", "-serial", "none", "-monitor", "none",
                     "-semihosting-config", "enable=on,target=native", "-kernel", program, timeout=120)
        found = {line.split()[0]: line.split()[2:] for line in output.splitlines()}
        if found != expected:
            failures.append(f"{form}: the board says {found}, this machine {expected}")

        symbols = run("arm-none-eabi-nm", "-C", "-S", program)
        for line in symbols.splitlines():
            if re.search(FORBIDDEN, line.split(maxsplit=3)[-1]):
                failures.append(f"{form}: {line}")
        code = {"mlp": 0, "cnn": 0}   # what each network adds to the program: functions, and tables if there are any
        for size, name in re.findall(r"^\S+ (\S+) \w (.*)$", symbols, re.MULTILINE):
            if "tfx::" in name or name.startswith("predict_"):
                code["cnn" if "cnn" in name else "mlp"] += int(size, 16)
        if form == "direct" and code["mlp"] > 208:
            failures.append(f"{form}: {code['mlp']} bytes of code for the small network")
        sections = {line.split()[0]: int(line.split()[1]) for line in run("arm-none-eabi-size", "-A", program).splitlines()
                    if re.match(r"\.\w+ ", line)}
        tables = [line for line in symbols.splitlines() if re.search(r" [rR] .*tfx::", line)]
        if form != "table" and tables:
            failures.append(f"{form}: tables in the flash:\n" + "\n".join(tables))
        print(f"{form}: " + ", ".join(f"{name} {sections.get(name, 0)}" for name in (".text", ".rodata", ".data", ".bss")) +
              (f"; code of the networks: {code}" if form != "table" else "") + " bytes")
print("\n".join(failures))
sys.exit(bool(failures))
