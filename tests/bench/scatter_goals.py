"""From the scatter benchmark's measurements to the lines of its table: what, how fast, which goal, met or not."""
from statistics import median

from results import Results, goal
from scatter_rounds import TEXTBOOK_BATCHES

PLAIN_GOAL = {"uint8": 0.90, "float32": 0.70}  # of the rate from memory
GZIP_GOAL = 1.0e6
GZIP_BY_TEXTBOOK_GOAL = 4.5
RANKS_GOAL = {2: 0.95, 4: 0.85}  # of one rank of two threads, on two cores
STARTUP_GOAL_SECONDS = 0.5
MEMORY_GOAL_BYTES = 300 * 2 ** 20  # without the model


def rate(results, what):
    rates = [m["samples_per_second"] for m in results.select(what=what)]
    return {"median": median(rates), "lowest": min(rates), "highest": max(rates)}


def best_textbook(results, data):
    """The batch size at which the loop is fastest, in its median."""
    return max((f"textbook {data} {batch}" for batch in TEXTBOOK_BATCHES),
               key=lambda what: rate(results, what)["median"])


def compared(results, what, to, wanted):
    ratio = results.ratio({"what": what}, {"what": to})
    return {"what": f"{what} / {to}", "value": ratio, "unit": "", "check": goal(ratio["median"], wanted)}


def lines(measurements, model_bytes):
    """Dicts of what, value {median, lowest, highest}, unit, and check (None: only for comparison)."""
    results = Results(measurements)
    names = list(dict.fromkeys(m["what"] for m in measurements))
    found = [{"what": name, "value": rate(results, name), "unit": "samples/s", "check": None} for name in names]
    for line in found:
        if line["what"] == "gzip 1 x 2":
            line["check"] = goal(line["value"]["median"], GZIP_GOAL)
    found += [compared(results, f"{dtype} 1 x 2", f"bench {dtype}", wanted)
              for dtype, wanted in PLAIN_GOAL.items()]
    found.append(compared(results, "gzip 1 x 2", best_textbook(results, "gzip"), GZIP_BY_TEXTBOOK_GOAL))
    found.append({**compared(results, "uint8 1 x 2", best_textbook(results, "uint8"), 1), "check": None})
    found += [compared(results, f"{data} {ranks} x 1", f"{data} 1 x 2", wanted)
              for data in ("uint8_repeated", "gzip_repeated") for ranks, wanted in RANKS_GOAL.items()]
    runs = [m for m in measurements if "performance" in m]
    startup = [m["performance"]["startup_seconds"] for m in runs if m["ranks"] == 2]
    found.append(spread("startup of 2 ranks", startup, "s", STARTUP_GOAL_SECONDS))
    memory = [m["performance"]["peak_rss_bytes"] / 2 ** 20 for m in runs]
    found.append(spread("peak memory of a rank", memory, "MiB", (MEMORY_GOAL_BYTES + model_bytes) / 2 ** 20))
    return found


def spread(what, values, unit, at_most):
    """Of what must hold in every run, the highest counts."""
    return {"what": what, "value": {"median": median(values), "lowest": min(values), "highest": max(values)},
            "unit": unit, "check": goal(max(values), at_most, at_most=True)}
