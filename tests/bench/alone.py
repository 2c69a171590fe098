"""What concerns kerai alone: how it scales, what it keeps, what the language costs.

usage: python tests/bench/alone.py [--kerai target/release/kerai] [--rounds 3] [scaling] [threads] [memory] [language]

scaling   training time per sample of the mlp, for 1,000 to 1,000,000 samples (the last needs 4 GB of memory)
threads   the resnet with KERAI_THREADS=1 and with all cores
memory    resident memory of the process after 5 epochs and after 50
language  fit called from the language, against the same run called from Rust (cargo bench --bench fit)
"""
import argparse
import json
import os
import statistics
import subprocess

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..")
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--kerai", default=os.path.join(root, "target", "release", "kerai"))
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("modes", nargs="*", default=[])
arguments = parser.parse_args()


def run(command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env={**os.environ, **environment})
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def kerai(script, *words, **environment):
    return run([arguments.kerai, "run", os.path.join(here, script), *map(str, words)], **environment)


def spread(values):
    return f"{statistics.median(values):,.2f} ({min(values):,.2f} to {max(values):,.2f})"


def interleaved(first, second):
    """Both measured in turn: their results, and the ratios of the rounds."""
    pairs = [(first(), second()) for _ in range(arguments.rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs], [a / b for a, b in pairs]


def scaling():
    sizes = [1_000, 10_000, 100_000, 1_000_000]
    times = {size: [] for size in sizes}
    for _ in range(arguments.rounds):
        for size in sizes:
            times[size].append(kerai("scaling_bench.py", size)["sample_us"])
    for size in sizes:
        print(f"mlp, {size:>9,} samples: {spread(times[size])} microseconds per sample")


def threads():
    speed = lambda **environment: kerai("keras_bench.py", "resnet", **environment)["train_samples_s"]
    cores = str(os.cpu_count())
    all_cores, one, ratios = interleaved(lambda: speed(KERAI_THREADS=cores), lambda: speed(KERAI_THREADS="1"))
    print(f"resnet, {cores} threads: {spread(all_cores)} samples per second; 1 thread: {spread(one)}; ratio {spread(ratios)}")


def memory():
    for workload in ["mlp", "cnn"]:
        found = kerai("memory_bench.py", workload)
        grown = found["after_50_mb"] / found["after_5_mb"] - 1
        print(f"{workload}: {found['after_5_mb']:.1f} MB resident after 5 epochs, {found['after_50_mb']:.1f} MB after 50 ({grown:+.1%})")


def language():
    build = ["cargo", "bench", "--quiet", "--bench", "fit", "--", "mlp"]
    run(build)
    speed = lambda: kerai("keras_bench.py", "mlp")["train_samples_s"]
    ours, rust, ratios = interleaved(speed, lambda: run(build)["train_samples_s"])
    print(f"mlp, from the language: {spread(ours)} samples per second; from Rust: {spread(rust)}; ratio {spread(ratios)}")


MODES = {"scaling": scaling, "threads": threads, "memory": memory, "language": language}
for mode in arguments.modes or MODES:
    if mode not in MODES:
        parser.error(f"unknown mode {mode}: {', '.join(MODES)}")
    MODES[mode]()
