"""What the command ``besiege sweep`` does."""

import json
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from sim.core.quoting import format_value
from sim.core.units import BesiegeError
from sim.lab.design.spec import load
from sim.lab.storage.store import SweepFolder
from sim.lab.storage.writing import file_name
from sim.lab.sweep import carry_out, check_shard, repeat


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the command line."""

    spec: Path
    out: Path | None = None
    workers: int = 2
    scheduler: str | None = None
    shard: str | None = None
    retry: bool = False
    repair: bool = False

    @property
    def command(self) -> str:
        """The command that repeats it."""
        words = ["besiege", "sweep", str(self.spec)]
        if self.out is not None:
            words += ["--out", str(self.out)]
        if self.workers != 2:
            words += ["--workers", str(self.workers)]
        if self.scheduler is not None:
            words += ["--scheduler", self.scheduler]
        if self.shard is not None:
            words += ["--shard", self.shard]
        return shlex.join(words)


def carry_out_sweep(asked: Asked, *, json: bool, quiet: bool) -> bool:
    """Do a sweep, say what became of it, and say whether runs failed."""
    plan = load(asked.spec)
    shard = parse_shard(asked.shard)
    out = asked.out if asked.out is not None else Path("runs") / file_name(plan.spec.name)
    try:
        summary = carry_out(
            plan, out, workers=asked.workers, scheduler=asked.scheduler, shard=shard,
            retry=asked.retry, repair=asked.repair, quiet=quiet, spec_name=str(asked.spec), command=asked.command,
        )  # fmt: skip
    except KeyboardInterrupt:
        print("Finished runs are kept; the same command continues from them.", file=sys.stderr)
        raise
    for place in summary.set_aside:
        print(f"Damaged and moved aside: {place}", file=sys.stderr)
    if json:
        _print_json({"name": plan.spec.name, "out": str(out), **summary.to_dict()})
        return summary.failed > 0
    print(
        f"{plan.spec.name}: {summary.done} runs done, {summary.before} were finished before. "
        f"To see the results: besiege show {shlex.quote(str(out))}"
    )
    if plan.need == "siege":
        print("No outcome named needs shoppers: nobody shopped, except where a shelf ran low.")
    if summary.failed:
        first = SweepFolder(out).failed.iloc[0]
        print(
            f"{summary.failed} runs failed: {out / 'failed'} says where and why. The first failed in the "
            f"stage {first['stage']}, hour {first['hour']}: {first['error']}",
            file=sys.stderr,
        )
    return summary.failed > 0


def parse_shard(text: str | None) -> tuple[int, int] | None:
    """Read i/n.

    Raises
    ------
    BesiegeError
        If it is not.
    """
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text.strip())
    if not found:
        raise BesiegeError(f"--shard: given {format_value(text)}, allowed i/n with i from 1 to n, such as 1/3")  # fmt: skip
    shard = int(found[1]), int(found[2])
    check_shard(shard)
    return shard


def repeat_run(spec: Path, key: str, *, json: bool) -> None:
    """Do one run of a sweep again; what it raises comes out."""
    result = repeat(spec, key)
    if json:
        _print_json(result.to_dict())
    else:
        print("\n".join(result.story()))


def _print_json(data: dict[str, object]) -> None:
    print(json.dumps(data, allow_nan=False))
