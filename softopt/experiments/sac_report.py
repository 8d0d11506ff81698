"""What ``bench sac`` says: its table, where the time goes, and the bars."""

from __future__ import annotations

from typing import Any

FLOAT32_BAR, REDUCED_BAR = 1.6, 2.4  # times Stable-Baselines3, at the lower end
GROWTH_BAR = 0.85  # of the number of processors
QUIET = 0.1  # share of the processors that other things may take

WIDTHS = (24, 7, 5, 8, 8, 22, 22, 7, 8)
HEAD = ("name", "threads", "seeds", "steps/s", "a cpu s", "x SB3 (interval)", "in cpu time", "peak MB", "first s")


def bars(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Compare what was measured with what is asked.

    Args:
        found: from :func:`softopt.experiments.bench_sac.measure`.

    Returns:
        A dictionary a bar: what, measured, bar, met.
    """
    rows = {row["name"]: row for row in found["rows"]}
    ours, peer = rows["softopt"], rows["stable-baselines3"]
    reduced = found["precision"] == "reduced"
    strict = rows["softopt, float32"] if reduced else ours
    checked = [at_least("times stable-baselines3 in float32, lower end", strict["ratio_to_sb3"]["low"], FLOAT32_BAR)]
    if reduced:
        low = ours["ratio_to_sb3"]["low"]
        checked.append(at_least("times stable-baselines3 in the default mode, lower end", low, REDUCED_BAR))
    for name in rows:
        if not name.startswith("softopt") and name != peer["name"]:
            checked.append(at_least(f"times {name}, lower end", rows[name]["softopt_ratio"]["low"], 1.0))
    quicker = peer["first_update_s"] / ours["first_update_s"]
    checked.append(at_least("times as quick as stable-baselines3 from import to first update", quicker, 1.0))
    if "softopt, side by side" in rows:
        pair = rows["softopt, side by side"]
        share = pair["growth"]["median"] / pair["seeds"]
        checked.append(at_least("growth with two seeds side by side, as a share of two processors", share, GROWTH_BAR))
    return checked


def at_least(what: str, measured: float, bar: float) -> dict[str, Any]:
    """A bar that is met from its value upwards."""
    return {"what": what, "measured": measured, "bar": bar, "met": measured >= bar}


def text(found: dict[str, Any]) -> str:
    """The whole report."""
    machine = found["machine"]
    lines = [
        f"{found['environment']}, 2 x 256 units, batch 256, one update a step, one thread; "
        f"{found['rounds']} rounds of {found['steps']} steps in turns",
        f"{machine['processors']} processors ({machine['kind']}), Python {machine['python']}, "
        + ", ".join(f"{name} {number}" for name, number in machine["versions"].items()),
        *state_of_the_machine(found),
        "",
        line(HEAD),
        *(line(cells(row)) for row in found["rows"]),
        *found["notes"],
        "",
        *where_the_time_goes(found),
        "",
        *(
            f"{bar['what']}: {bar['measured']:.2f}; bar {bar['bar']:g}, {'met' if bar['met'] else 'MISSED'}"
            for bar in found["bars"]
        ),
    ]
    missed = sum(not bar["met"] for bar in found["bars"])
    return "\n".join([*lines, f"{missed} missed" if missed else "every bar is met"])


def state_of_the_machine(found: dict[str, Any]) -> list[str]:
    """Say what the processor offers, and whether the times are those of a quiet machine."""
    modes = {
        "float32": "The CPU has no units of reduced precision, so float32 is the default mode and the only one.",
        "reduced": "The CPU has bfloat16 matrix units: matrix products in reduced precision are the default mode.",
    }
    said = [modes[found["precision"]]]
    if not found["cuda"]:
        said.append("No CUDA device, so no row for one.")
    busy = found["machine"]["busy"]
    got = min(row["processors_used"] / row["seeds"] for row in found["rows"] if "CUDA" not in row["name"])
    if busy > QUIET or got < 1 - QUIET:
        said.append(
            f"THE MACHINE IS BUSY: other things took {busy:.0%} of the processors just before, and a competitor got "
            f"as little as {got:.0%} of one. These are not the times of a quiet machine; processor time is steadier."
        )
    else:
        said.append(f"The machine is quiet: other things took {busy:.0%} of the processors just before.")
    return said


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """One row of the table, in words."""

    def interval(name: str) -> str:
        if name not in row:
            return ""
        return "{median:.2f} ({low:.2f} to {high:.2f})".format(**row[name])

    first = row.get("first_update_s")
    ratio = interval("ratio_to_sb3") or f"{row['growth']['median']:.2f} x one alone"
    return (
        row["name"],
        str(row["threads"]),
        str(row["seeds"]),
        f"{row['steps_per_s']:.1f}",
        f"{row['steps_per_processor_s']:.1f}",
        ratio,
        interval("ratio_to_sb3_processor"),
        f"{row['peak_mb']:.0f}",
        f"{first:.1f}" if first else "",
    )


def line(entries: tuple[str, ...]) -> str:
    """Entries under each other: the first to the left, the others to the right."""
    first, *others = (f"{entry:>{width}}" for entry, width in zip(entries, WIDTHS, strict=True))
    return "  ".join([f"{first.strip():<{WIDTHS[0]}}", *others]).rstrip()


def where_the_time_goes(found: dict[str, Any]) -> list[str]:
    """The parts of a step, and the floor of its update."""
    whole = sum(found["parts"].values())
    shares = ", ".join(f"{part} {took:.2f} ({took / whole:.0%})" for part, took in found["parts"].items())
    floors = [
        f"update in {floor['precision']}: {floor['mflop']:.0f} MFLOP of matrix products, which alone would allow "
        f"{floor['floor_updates_per_s']:.0f} updates/s ({floor['floor_gflop_per_s']:.0f} GFLOP/s); ours makes "
        f"{floor['updates_per_s']:.0f}, {1 - floor['share_of_floor']:.0%} below that floor's rate"
        for floor in found["floor"]
    ]
    return [f"a step of softopt, ms: {shares}", *floors]
