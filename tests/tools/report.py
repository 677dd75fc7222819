#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py JUNIT_FILE

Prints what ctest wrote with --output-junit: failed tests with their output, skipped ones with their reason, the slowest.
The last line is "PASSED FAILED SKIPPED".
"""
import sys
import xml.etree.ElementTree as xml


def output(case):
    return (case.findtext("system-out") or "").strip()


def reason_of(case):
    """The line after "skipped: ", or all that it says."""
    return output(case).rpartition("skipped: ")[2]


passed, failed, skipped = [], [], []
for case in xml.parse(sys.argv[1]).iter("testcase"):
    reason = case.find("skipped")
    if case.get("status") == "run":
        passed.append(case)
    elif reason is not None and "SKIP_RETURN_CODE" in reason.get("message", ""):
        skipped.append(case)
    else:
        failed.append(case)

for case in failed:
    print(f"\nFAILED {case.get('name')}\n{output(case)}")
for case in skipped:
    print(f"skipped {case.get('name')}: {reason_of(case)}")
slowest = sorted(passed + failed, key=lambda case: -float(case.get("time", 0)))[:3]
if slowest:
    print("slowest: " + ", ".join(f"{case.get('name')} {float(case.get('time', 0)):.1f} s" for case in slowest))
print(len(passed), len(failed), len(skipped))
