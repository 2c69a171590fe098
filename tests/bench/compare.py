"""kerai and its peers on the same files, side by side, in interleaved rounds.

usage: python tests/bench/compare.py [--python PYTHON] [--rounds 3] [--peers jax,tensorflow,torch,pytorch] [--readme] [WORKLOAD ...]

PYTHON is one that has keras, numpy and the peers' packages (jax[cpu], tensorflow-cpu, torch). `pytorch` is PyTorch alone
(eager), the other peers are Keras' backends. Every round runs each program once. A ratio is that of a round, to the peer
with the best median; given are the median of the rounds, and their spread. `--readme` writes the tables into the README.
"""
import argparse
import datetime
import json
import math
import os
import statistics
import subprocess
import sys

import limits

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--kerai", default=os.path.join(here, "..", "..", "target", "release", "kerai"))
parser.add_argument("--python", default=sys.executable)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--peers", default="jax,tensorflow,torch,pytorch")
parser.add_argument("--readme", action="store_true", help="write the tables into README.md, with machine and date")
parser.add_argument("workloads", nargs="*", default=[])
arguments = parser.parse_args()
workloads = arguments.workloads or list(limits.PRODUCTS)
for workload in workloads:
    if workload not in limits.PRODUCTS:
        parser.error(f"unknown workload {workload}: {', '.join(limits.PRODUCTS)}")

NAMES = {"jax": "Keras on JAX", "tensorflow": "Keras on TensorFlow", "torch": "Keras on PyTorch", "pytorch": "PyTorch"}


def programs(workload):
    """Name, command and environment of what is compared."""
    yield "kerai", [arguments.kerai, "run", os.path.join(here, "keras_bench.py"), workload], {}
    for peer in arguments.peers.split(","):
        script, environment = ("torch_bench.py", {}) if peer == "pytorch" else ("keras_bench.py", {"KERAS_BACKEND": peer})
        yield peer, [arguments.python, os.path.join(here, script), workload], environment


def run(command, environment):
    """What a program measured, or the reason why it did not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=900)
        return json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return "ran longer than 15 minutes"
    except (IndexError, json.JSONDecodeError):
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reasons = [line for line in lines if "rror" in line.split(":")[0]]
        return (reasons or lines or [f"status {done.returncode}"])[-1][:160]


def median(results, column):
    return statistics.median(result[column] for result in results)


def ratio(results, column):
    """kerai's ratio to the peer with the best median: peer, median ratio, lowest, highest. `None` without kerai or a peer."""
    peers = [name for name in results if name != "kerai"]
    if "kerai" not in results or not peers:
        return None
    peer = max(peers, key=lambda name: median(results[name], column))
    ratios = [own[column] / other[column] for own, other in zip(results["kerai"], results[peer])]
    return peer, statistics.median(ratios), min(ratios), max(ratios)


def lowest(results, value):
    """The peer with the smallest median of a value: the value, and the peer."""
    medians = {name: statistics.median(map(value, results[name])) for name in results if name != "kerai"}
    name = min(medians, key=medians.get, default=None)
    return "-" if name is None else f"{medians[name]:,.3g} ({NAMES[name]})"


def machine():
    try:
        with open("/proc/cpuinfo") as file:
            model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        model = "unknown processor"
    return f"{os.cpu_count()} cores of {model}, {datetime.date.today()}"


def measure():
    """Everything, as workload -> program -> results, and workload -> program -> reason of a failure."""
    found, refused = {}, {}
    for workload in workloads:
        for number in range(arguments.rounds):
            for name, command, environment in programs(workload):
                if name in refused.get(workload, {}):
                    continue
                result = run(command, environment)
                if isinstance(result, str):
                    refused.setdefault(workload, {})[name] = result
                    found.setdefault(workload, {}).pop(name, None)
                    print(f"{workload:12} {number + 1}  {name:11} cannot run it: {result}", flush=True)
                    continue
                found.setdefault(workload, {}).setdefault(name, []).append(result)
                numbers = (result[column] for column in ["train_samples_s", "predict_samples_s", "predict1_ms", "peak_mb"])
                print(f"{workload:12} {number + 1}  {name:11}" + "".join(f"{value:>14,.3f}" for value in numbers), flush=True)
    return found, refused


def tables(found, refused, best):
    """The two tables, in Markdown."""
    lines = [
        "| workload | training, samples/s | to the best peer (rounds) | prediction, samples/s | to the best peer (rounds) | share of the limit: training, prediction |",
        "|---|---|---|---|---|---|",
    ]
    costs = [
        "| workload | one sample, ms | best peer | import + first step, s | best peer | peak memory, MB | best peer |",
        "|---|---|---|---|---|---|---|",
    ]
    ratios = {"train_samples_s": [], "predict_samples_s": []}
    for workload in workloads:
        results = found.get(workload, {})
        if "kerai" not in results:
            lines.append(f"| {workload} | kerai cannot run it yet | | | | |")
            continue
        own = results["kerai"]
        cells = []
        for column in ratios:
            cells.append(f"{median(own, column):,.0f}")
            compared = ratio(results, column)
            if compared is None:
                cells.append("no peer ran")
                continue
            peer, middle, low, high = compared
            ratios[column].append(middle)
            cells.append(f"**{middle:.2f}** x {NAMES[peer]} ({low:.2f} to {high:.2f})")
        speeds = median(own, "train_samples_s"), median(own, "predict_samples_s")
        train, predict, memory = limits.shares(workload, own[0]["params"], *speeds, best)
        share = f"{train:.0%}" + (f" (Adam's memory: {memory:.0%})" if memory else "") + f", {predict:.0%}"
        lines.append(f"| {workload} | " + " | ".join(cells) + f" | {share} |")
        start = lambda result: result["import_s"] + result["first_step_s"]
        costs.append(
            f"| {workload} | {median(own, 'predict1_ms'):.3g} | {lowest(results, lambda r: r['predict1_ms'])}"
            f" | {statistics.median(map(start, own)):.2f} | {lowest(results, start)}"
            f" | {median(own, 'peak_mb'):.0f} | {lowest(results, lambda r: r['peak_mb'])} |"
        )
    means = [f"{math.exp(statistics.fmean(map(math.log, values))):.2f}" if values else "-" for values in ratios.values()]
    lines.append(f"| geometric mean | | **{means[0]}** | | **{means[1]}** | |")
    notes = [f"- {workload}, {name}: {reason}" for workload in refused for name, reason in refused[workload].items()]
    notes = ["", "Not compared, since the program cannot run it:", "", *notes] if notes else []
    limit = (
        f"{machine()}, {arguments.rounds} rounds. The limit: products at {best['product'] / 1e9:.0f} GFLOP/s, memory at "
        f"{max(best['copy'], best['triad']) / 1e9:.1f} GB/s (`kerai doctor --measure`, the best of before and after)."
    )
    return "\n".join([limit, "", *lines, "", *costs, *notes])


def write_readme(text):
    path = os.path.join(here, "..", "..", "README.md")
    with open(path) as file:
        readme = file.read()
    before, rest = readme.split("<!-- measured -->")
    after = rest.split("<!-- /measured -->")[1]
    with open(path, "w") as file:
        file.write(f"{before}<!-- measured -->\n{text}\n<!-- /measured -->{after}")


def main():
    before = limits.rates(arguments.kerai)
    found, refused = measure()
    after = limits.rates(arguments.kerai)
    best = {name: max(before[name], after[name]) for name in before}
    text = tables(found, refused, best)
    print("\n" + text)
    if arguments.readme:
        write_readme(text)


if __name__ == "__main__":
    main()
