"""The results for people."""
from agreement import TOLERANCE

QUIET_LOAD = 0.25  # per core


def head(document):
    machine, versions = document["machine"], document["versions"]
    print(f"machine     {machine['cpu']}, {machine['cores_allowed']} of {machine['cores']} cores, "
          f"{machine['memory_gib']} GiB; load average before: {machine['load_average_before']}")
    print(f"system      {machine['system']}")
    if machine["load_average_before"] > QUIET_LOAD * machine["cores"]:
        print("WARNING     other programs are running: these figures say little")
    for name, version in versions.items():
        print(f"{name:<11} {version if isinstance(version, str) else '; '.join(version)}")
    print(f"command     {document['command']}")


def measured(document):
    print(f"measured    {document['rounds']} rounds of {document['seconds']} s each in turn, medians; "
          f"{document['row_bytes'] / 2 ** 20:g} MiB of rows for each peer")


def agreement(lines):
    print(f"\nProbabilities against float64, tolerance {TOLERANCE}:")
    for line in lines:
        wrong = f", {line['wrong_predictions']} wrong predictions" if "wrong_predictions" in line else ""
        print(f"  {line['network']:<17} {line['peer']:<12} {line['largest_error']:.1e} of {line['tolerance']:.1e}{wrong}  "
              f"{'pass' if line['passed'] else 'FAIL'}")


def checks(line):
    return "; ".join(f"{name} {check['value']:.3f} (goal {check['goal']}): {'pass' if check['passed'] else 'FAIL'}"
                     for name, check in line["checks"].items())


def network(case, lines):
    if not lines:
        return
    print(f"\n{case.name}, {case.activation}, softmax: {case.flops_per_sample:,} FLOP per sample")
    print(f"  {'threads':>7}  {'peer':<14} {'batch':>6} {'samples/s':>12} {'GFLOP/s':>8}  {'Tally / peer':<22} goals")
    for line in lines:
        ratio = line.get("tally_by_peer")
        compared = f"{ratio['median']:.2f} ({ratio['lowest']:.2f}-{ratio['highest']:.2f})" if ratio else ""
        if "fraction_of_peak" in line:
            compared = f"{100 * line['fraction_of_peak']:.1f} % of peak"
        print(f"  {line['threads']:>7}  {line['peer']:<14} {line['batch_size'] or '':>6} "
              f"{line['samples_per_second']:>12,.0f} {line['gflops']:>8.1f}  {compared:<22} {checks(line)}".rstrip())


def batch_sizes(spread):
    check = spread["spread"]
    print(f"\nTally by batch size, {spread['network']}, {spread['threads']} threads:")
    for size, rate in spread["samples_per_second"].items():
        print(f"  {size:>7}  {rate:>12,.0f} samples/s")
    print(f"  spread {100 * check['value']:.1f} % (goal below {100 * check['goal']:g} %): "
          f"{'pass' if check['passed'] else 'FAIL'}")
