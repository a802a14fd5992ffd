"""The command: any number of cases, or one again."""

import argparse
import sys
import time
from collections import Counter

from tests.fuzzing.case import run_case


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--figures", action="store_true", help="draw the figures in each case")
    parser.add_argument("--real", action="store_true", help="damage real files too")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--messages", action="store_true", help="list the errors that were given")
    options = parser.parse_args()
    first, cases = options.first, options.cases
    if options.only is not None:
        first, cases = options.only, 1
    start, refused, failed, messages, done = time.monotonic(), Counter(), 0, Counter(), 0
    for number in range(first, first + cases):
        if time.monotonic() - start > options.seconds:
            break
        outcome = run_case(options.seed, number, figures=options.figures or None, real=options.real)
        done += 1
        refused.update({stage for stage, _ in outcome.refused} or {"nowhere"})
        messages.update(outcome.refused)
        if options.only is not None:
            print(outcome.mutation, *outcome.refused, sep="\n  ")
        if outcome.failure:
            failed += 1
            again = f"--seed {options.seed} --only {number}" + " --real" * options.real
            print(f"{again}: {outcome.mutation}\n{outcome.failure}")
    print(
        f"{done} cases, {failed} failed, in {time.monotonic() - start:.0f} s; refused at", end=" "
    )
    print(", ".join(f"{stage}: {count}" for stage, count in refused.most_common()))
    if options.messages:
        for (stage, message), count in messages.most_common():
            print(f"{count:6} {stage}: {message}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
