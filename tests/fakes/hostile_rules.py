"""Reads one rules file with the memory and processor time that a limit leaves; run as `python -m tests.fakes.hostile_rules`.

Arguments: path, megabytes of address space, seconds of processor time. Writes one line of JSON: what came of it, the
number of problems, the first one's line, the peak of resident memory in bytes and the processor time in seconds.
"""

import json
import resource
import sys
from pathlib import Path

from ivr.errors import RulesError
from ivr.rulebook.problems import Problem
from ivr.rulebook.read import read


def main() -> None:
    """Read the file and tell what it cost, beyond what the program itself needs."""
    path, megabytes, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    before = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    told: list[Problem] = []
    try:
        read(path, years=range(2026, 2028))
    except RulesError as error:
        told = [problem for problem in error.problems if isinstance(problem, Problem)]
    after = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"memory": (after.ru_maxrss - before.ru_maxrss) << 10, "seconds": after.ru_utime - before.ru_utime}
    sys.stdout.write(json.dumps({"problems": len(told), "line": told[0].line if told else 0, **cost}) + "\n")


if __name__ == "__main__":
    main()
