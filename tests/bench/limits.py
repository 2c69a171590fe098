"""What a workload must compute at least, and what this machine gives at best."""
import re
import subprocess


def multiply(rows, inner, columns):
    """Operations of a matrix product: a multiplication and an addition count two."""
    return 2 * rows * inner * columns


def resnet():
    size, channels, products = 32, 16, [(multiply(32 * 32, 27, 16), False)]
    for filters, stride in [(16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1)]:
        size //= stride
        products += [(multiply(size * size, 9 * channels, filters), True), (multiply(size * size, 9 * filters, filters), True)]
        if filters != channels:
            products.append((multiply(size * size, channels, filters), True))
        channels = filters
    return products + [(multiply(1, 64, 10), True)]


def transformer():
    steps, width, inner = 200, 64, 128
    attention = 4 * multiply(steps, width, width) + 2 * multiply(steps, width, steps)
    block = attention + 2 * multiply(steps, width, inner)
    return [(2 * block, True), (multiply(1, width, 2), True)]


# Per sample, the products of a forward pass, and whether training also needs the gradient of their input.
PRODUCTS = {
    "mlp": [(multiply(1, 784, 128), False), (multiply(1, 128, 10), True)],
    "mlp_wide": [(multiply(1, 784, 1024), False), (multiply(1, 1024, 1024), True), (multiply(1, 1024, 10), True)],
    "cnn": [(multiply(26 * 26, 9, 32), False), (multiply(11 * 11, 9 * 32, 64), True), (multiply(1, 1600, 10), True)],
    "resnet": resnet(),
    "lstm": [(80 * multiply(1, 128 + 128, 4 * 128), True), (multiply(1, 128, 2), True)],
    "transformer": transformer(),
}
BATCH = {"mlp": 32, "mlp_wide": 128, "cnn": 128, "resnet": 64, "lstm": 32, "transformer": 32}


def forward(workload):
    """Operations of the products for one sample."""
    return sum(operations for operations, _ in PRODUCTS[workload])


def training(workload):
    """The same with both gradients, where both are needed."""
    return sum(operations * (3 if chained else 2) for operations, chained in PRODUCTS[workload])


def adam_bytes(workload, parameters):
    """What Adam moves per sample: it reads four numbers per weight and writes three."""
    return 28 * parameters / BATCH[workload]


def stay_in_cache(parameters):
    """Whether weights, gradients and Adam's moments fit into the last cache together."""
    try:
        with open("/sys/devices/system/cpu/cpu0/cache/index3/size") as file:
            cache = int(file.read().strip().rstrip("K")) * 1024
    except (OSError, ValueError):
        cache = 32 << 20
    return 16 * parameters <= cache


def rates(kerai):
    """Operations and bytes per second at best: `kerai doctor --measure`."""
    text = subprocess.run([kerai, "doctor", "--measure"], capture_output=True, text=True, check=True).stdout
    return {name: float(number) * 1e9 for name, number in re.findall(r"(?m)^(product|copy|triad)\s+([\d.]+)", text)}


def shares(workload, parameters, train, predict, best):
    """Shares of the machine's limits: arithmetic of training and of prediction, memory of the optimizer."""
    in_cache = stay_in_cache(parameters)
    memory = 0.0 if in_cache else train * adam_bytes(workload, parameters) / max(best["copy"], best["triad"])
    return train * training(workload) / best["product"], predict * forward(workload) / best["product"], memory
