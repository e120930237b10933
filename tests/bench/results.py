"""From measurements to medians, ratios and goals.

A measurement is a dict: network, peer, threads, input_dtype, batch_size (None: Tally's default), round,
samples_per_second, and, of Tally, what `tally bench` reported.
"""
from statistics import median

TWO_THREADS_GOAL = 1.9
SPREAD_GOAL = 0.05
UINT8_GOAL = 0.98  # "no slower", within what two measurements of the same thing differ by


class Results:
    def __init__(self, measurements):
        self.measurements = measurements

    def select(self, **wanted):
        return [m for m in self.measurements if all(m[key] == value for key, value in wanted.items())]

    def rate(self, **wanted):
        """Median over rounds, or None where there is nothing."""
        rates = [m["samples_per_second"] for m in self.select(**wanted)]
        return median(rates) if rates else None

    def by_round(self, **wanted):
        return {m["round"]: m["samples_per_second"] for m in self.select(**wanted)}

    def best_batch(self, network, peer, threads):
        """The batch size at which a peer is fastest, in its median."""
        batches = {m["batch_size"] for m in self.select(network=network, peer=peer, threads=threads)}
        return max(batches, default=None, key=lambda batch: self.rate(network=network, peer=peer, threads=threads,
                                                                       batch_size=batch))

    def ratio(self, of, to):
        """Of two selections, compared within each round: the median, lowest and highest quotient, or None."""
        a, b = self.by_round(**of), self.by_round(**to)
        quotients = [a[i] / b[i] for i in a if i in b]
        return {"median": median(quotients), "lowest": min(quotients), "highest": max(quotients)} if quotients else None


def tally_of(network, threads, input_dtype="float32", batch_size=None):
    return {"network": network, "peer": "tally", "threads": threads, "input_dtype": input_dtype,
            "batch_size": batch_size}


def goal(value, wanted, at_most=False):
    return {"value": value, "goal": wanted, "passed": value < wanted if at_most else value >= wanted}


def rows_of_network(results, case, threads, peers):
    """One dict per line of the table: a peer's figure and how Tally compares."""
    lines = []
    for input_dtype in ("float32", "uint8"):
        tally = tally_of(case.name, threads, input_dtype)
        rate = results.rate(**tally)
        if rate is None:
            continue
        line = {"peer": f"tally, {input_dtype}", "batch_size": None, "samples_per_second": rate, "checks": {}}
        fraction = median(m["fraction_of_peak"] for m in results.select(**tally))
        line["fraction_of_peak"] = fraction
        if input_dtype == "float32" and case.peak_goal:
            line["checks"]["of peak"] = goal(fraction, case.peak_goal)
        if input_dtype == "uint8":
            ratio = results.ratio(tally, tally_of(case.name, threads))
            if ratio:
                line["checks"]["uint8 / float32"] = goal(ratio["median"], UINT8_GOAL)
        elif threads == 2:
            ratio = results.ratio(tally, tally_of(case.name, 1))
            if ratio:
                line["checks"]["2 threads / 1"] = goal(ratio["median"], TWO_THREADS_GOAL)
        lines.append(line)
    for peer in peers:
        batch = results.best_batch(case.name, peer, threads)
        if batch is None:
            continue
        selection = {"network": case.name, "peer": peer, "threads": threads, "batch_size": batch}
        line = {"peer": peer, "batch_size": batch, "samples_per_second": results.rate(**selection), "checks": {},
                "tally_by_peer": results.ratio(tally_of(case.name, threads), selection)}
        if peer == "onnxruntime" and line["tally_by_peer"]:
            line["checks"]["tally / peer"] = goal(line["tally_by_peer"]["median"], case.goal)
        lines.append(line)
    for line in lines:
        line.update(network=case.name, threads=threads, gflops=line["samples_per_second"] * case.flops_per_sample / 1e9)
    return lines


def batch_spread(results, case, threads, sizes):
    """Tally's rate at each batch size, and the largest difference as a share of their median."""
    rates = {size: results.rate(**tally_of(case.name, threads, batch_size=size)) for size in sizes}
    spread = (max(rates.values()) - min(rates.values())) / median(rates.values())
    return {"network": case.name, "threads": threads, "samples_per_second": rates,
            "spread": goal(spread, SPREAD_GOAL, at_most=True)}
