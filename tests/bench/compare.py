"""kerai and its peers on the same files, side by side, in interleaved rounds.

usage: python tests/bench/compare.py [--kerai target/release/kerai] [--python PYTHON] [--rounds 3] [--peers jax,tensorflow,torch,pytorch] [WORKLOAD ...]

PYTHON is one that has keras, numpy and the peers' packages (jax[cpu], tensorflow-cpu, torch). Every round runs each
program once; the table gives medians over the rounds and the ratio to the fastest peer, with the spread of the rounds.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("--kerai", default=os.path.join(here, "..", "..", "target", "release", "kerai"))
parser.add_argument("--python", default=sys.executable)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--peers", default="jax")
parser.add_argument("workloads", nargs="*", default=["mlp"])
arguments = parser.parse_args()


def run(command, backend=None):
    environment = dict(os.environ, **({"KERAS_BACKEND": backend} if backend else {}))
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def programs(workload):
    yield "kerai", [arguments.kerai, "run", os.path.join(here, "keras_bench.py"), workload], None
    for peer in arguments.peers.split(","):
        script = "torch_bench.py" if peer == "pytorch" else "keras_bench.py"
        yield peer, [arguments.python, os.path.join(here, script), workload], None if peer == "pytorch" else peer


columns = ["train_samples_s", "predict_samples_s", "predict1_ms", "import_s", "first_step_s", "peak_mb"]
for workload in arguments.workloads:
    rounds = {}
    for _ in range(arguments.rounds):
        for name, command, backend in programs(workload):
            rounds.setdefault(name, []).append(run(command, backend))
    print(f"\n{workload}: median of {arguments.rounds} rounds")
    print(f"{'':12}" + "".join(f"{column:>20}" for column in columns))
    medians = {}
    for name, results in rounds.items():
        medians[name] = {column: statistics.median(result[column] for result in results) for column in columns}
        print(f"{name:12}" + "".join(f"{medians[name][column]:>20,.3f}" for column in columns))
    for column in ["train_samples_s", "predict_samples_s"]:
        peer = max((name for name in medians if name != "kerai"), key=lambda name: medians[name][column])
        ratios = [own[column] / other[column] for own, other in zip(rounds["kerai"], rounds[peer])]
        print(f"{column}: {statistics.median(ratios):.2f} x {peer} (rounds {min(ratios):.2f} to {max(ratios):.2f})")
