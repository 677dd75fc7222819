# SPDX-License-Identifier: Apache-2.0
"""manifest.test.py PROGRAM

Python's own hashes say the same of the data and the program, and tfx_rerun finds the same weights again, or says that they are others.
"""
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
RERUN = pathlib.Path(__file__).parents[2] / "tools/tfx_rerun"


def rerun(path):
    done = subprocess.run([sys.executable, "-B", RERUN, path], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "manifest.json"
    subprocess.run([PROGRAM, path, "7"], check=True)
    told = json.loads(path.read_text())
    x = [0.125 * (i % 13) for i in range(600)]
    columns = [hashlib.sha256(struct.pack("<600f", *column)).hexdigest() for column in (x, [0.5 * v for v in x])]
    assert told["data"] == {"train": {"examples": 600, "columns": columns}}, told["data"]
    assert told["program"] == hashlib.sha256(pathlib.Path(PROGRAM).read_bytes()).hexdigest()
    assert told["command"] == [PROGRAM, str(path), "7"]
    assert told["seeds"] == {"model": 7}
    assert told["params"] == {"rate": 0.03, "optimizer": 'adam "as it is"'}
    assert told["results"]["epochs"] == 3 and 0 < told["results"]["loss"] < 10
    assert len(told["graph"]["model"]) == len(told["weights"]["model"]) == 64
    code, said = rerun(path)
    assert code == 0 and said == "the weights are the same bits\n", said

    other = dict(told, weights={"model": "0" * 64})
    path.write_text(json.dumps(other))
    code, said = rerun(path)
    assert code == 1 and "weights/model: was 000" in said and "the weights are others" in said, said
    subprocess.run([PROGRAM, path, "time"], check=True)
    code, said = rerun(path)
    assert code == 1 and "seeds/model: was" in said, said
    path.write_text(json.dumps(dict(told, command=["false"])))
    code, said = rerun(path)
    assert code == 1 and "ended with 1" in said, said
print("hashes are those of Python; what is run again is compared")
