"""Writes functions.json: activations, losses and metrics by real Keras 3 (TensorFlow). Inputs are simple functions of
their place, so that the file holds only results.

pip install keras==3.15.1 tensorflow-cpu; python make_functions.py
"""
import json
import pathlib

import keras
import numpy as np
import tensorflow as tf


def numbers(shape, seed):
    """Also in Rust: the test makes the same ones."""
    i = np.arange(int(np.prod(shape)), dtype="float64")
    return np.sin(i * i * 0.37 + i * 1.3 + seed).astype("float32").reshape(shape)


def shares(shape, seed):
    x = np.abs(numbers(shape, seed)) + 0.1
    return (x / x.sum(-1, keepdims=True)).astype("float32")


def listed(x):
    return [float(v) if np.isfinite(v) else str(v) for v in np.asarray(x, dtype="float64").ravel()]


cases = []
for name in [
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "linear",
    "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus",
    # Not sparsemax: Keras 3.15 adds up all partial sums for its threshold (backend/*/nn.py), which is not the function of
    # Martins and Astudillo, 2016; its derivative is checked against finite differences.
    "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "tanh_shrink",
]:
    x = tf.constant(numbers((3, 8), 1) * 4)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = keras.activations.get(name)(x)
        loss = tf.reduce_sum(y * y)
    cases.append({"kind": "activation", "name": name, "y": listed(y), "dx": listed(tape.gradient(loss, x))})

labels = [0, 2, 3, 1]
onehot = np.eye(5, dtype="float32")[labels]
binary = (numbers((4, 3), 5) > 0).astype("float32")
numeric = numbers((4, 3), 6)
weights = np.array([1.0, 0.5, 0.0, 2.0], dtype="float32")
# name, config, truth, prediction
losses = [
    ("MeanSquaredError", {}, "numeric", "numeric"),
    ("MeanAbsoluteError", {"reduction": "sum"}, "numeric", "numeric"),
    ("MeanAbsolutePercentageError", {}, "numeric", "numeric"),
    ("MeanSquaredLogarithmicError", {}, "positive", "positive"),
    ("Huber", {"delta": 0.4}, "numeric", "numeric"),
    ("LogCosh", {}, "numeric", "numeric"),
    ("CosineSimilarity", {}, "numeric", "numeric"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "binary", "shares3"),
    ("BinaryCrossentropy", {"from_logits": True}, "binary", "numeric"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True}, "binary", "shares3"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, "onehot", "shares5"),
    ("CategoricalCrossentropy", {"from_logits": True, "reduction": "mean_with_sample_weight"}, "onehot", "logits5"),
    ("CategoricalFocalCrossentropy", {}, "onehot", "shares5"),
    ("SparseCategoricalCrossentropy", {}, "labels", "shares5"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 2}, "labels", "logits5"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, "labels", "shares5"),
    ("KLDivergence", {}, "truth5", "shares5"),
    ("Poisson", {}, "positive", "positive"),
    ("Hinge", {}, "binary", "numeric"),
    ("SquaredHinge", {}, "binary", "numeric"),
    ("CategoricalHinge", {}, "onehot", "shares5"),
    ("Dice", {}, "binary", "shares3"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, "binary", "shares3"),
]
truths = {"numeric": numeric, "binary": binary, "onehot": onehot, "labels": np.array(labels), "positive": np.abs(numeric), "truth5": shares((4, 5), 8)}
guesses = {
    "numeric": numbers((4, 3), 7), "positive": np.abs(numbers((4, 3), 7)), "shares3": np.abs(numbers((4, 3), 7)) * 0.9 + 0.05,
    "shares5": shares((4, 5), 9), "logits5": numbers((4, 5), 9) * 3,
}
guesses = {name: value.astype("float32") for name, value in guesses.items()}
for name, config, truth, guess in losses:
    for weighted in [False, True]:
        if weighted and name in ("Dice", "Tversky"):
            continue
        x = tf.constant(guesses[guess])
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = getattr(keras.losses, name)(**config)(truths[truth], x, sample_weight=weights if weighted else None)
        cases.append({"kind": "loss", "name": name, "config": config, "truth": truth, "guess": guess, "weighted": weighted,
                      "y": listed(loss), "dx": listed(tape.gradient(loss, x))})

metrics = [
    ("BinaryAccuracy", {}, "binary", "shares3"),
    ("CategoricalAccuracy", {}, "onehot", "shares5"),
    ("SparseCategoricalAccuracy", {}, "labels", "shares5"),
    ("TopKCategoricalAccuracy", {"k": 2}, "onehot", "shares5"),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, "labels", "shares5"),
    ("RootMeanSquaredError", {}, "numeric", "numeric"),
    ("MeanAbsolutePercentageError", {}, "numeric", "numeric"),
    ("CosineSimilarity", {}, "numeric", "numeric"),
    ("PearsonCorrelation", {}, "numeric", "numeric"),
    ("ConcordanceCorrelation", {}, "numeric", "numeric"),
    ("R2Score", {}, "numeric", "numeric"),
    ("R2Score", {"class_aggregation": None, "num_regressors": 2}, "numeric", "numeric"),
    ("SparseCategoricalCrossentropy", {}, "labels", "shares5"),
    ("BinaryCrossentropy", {}, "binary", "shares3"),
    ("Precision", {"thresholds": [0.2, 0.5, 0.8]}, "binary", "shares3"),
    ("Precision", {"top_k": 1}, "binary", "shares3"),
    ("Recall", {}, "binary", "shares3"),
    ("Recall", {"class_id": 1}, "binary", "shares3"),
    ("TruePositives", {}, "binary", "shares3"),
    ("FalseNegatives", {"thresholds": [0.3, 0.6]}, "binary", "shares3"),
    ("AUC", {}, "binary", "shares3"),
    ("AUC", {"curve": "PR"}, "binary", "shares3"),
    ("AUC", {"curve": "PR", "summation_method": "majoring", "num_thresholds": 20}, "binary", "shares3"),
    ("AUC", {"multi_label": True, "num_labels": 3}, "binary", "shares3"),
    ("PrecisionAtRecall", {"recall": 0.6}, "binary", "shares3"),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5}, "binary", "shares3"),
    ("F1Score", {}, "binary", "shares3"),
    ("F1Score", {"average": "weighted", "threshold": 0.4}, "binary", "shares3"),
    ("FBetaScore", {"average": "micro", "beta": 2.0}, "binary", "shares3"),
    ("OneHotMeanIoU", {"num_classes": 5}, "onehot", "shares5"),
    ("BinaryIoU", {"threshold": 0.4}, "binary", "shares3"),
]
for name, config, truth, guess in metrics:
    for weighted in [False, True]:
        if weighted and ("IoU" in name or config.get("multi_label")):
            continue
        metric = getattr(keras.metrics, name)(**config)
        for part in [slice(0, 3), slice(3, 4)]:
            metric.update_state(truths[truth][part], guesses[guess][part], sample_weight=weights[part] if weighted else None)
        cases.append({"kind": "metric", "name": name, "config": config, "truth": truth, "guess": guess, "weighted": weighted,
                      "y": listed(metric.result())})

path = pathlib.Path(__file__).with_name("functions.json")
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
