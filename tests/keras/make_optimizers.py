"""Writes optimizers.json: five steps of each optimizer and the rates of each schedule, by real Keras 3 (TensorFlow).

pip install keras==3.15.1 tensorflow-cpu; python make_optimizers.py
"""
import json
import pathlib

import keras
import numpy as np

schedules = keras.optimizers.schedules
random = np.random.default_rng(1)
start = [random.normal(size=(3, 2)).astype("float32"), random.normal(size=(2,)).astype("float32")]
gradients = [[random.normal(size=v.shape).astype("float32") * (0.1 if step else 2.0) for v in start] for step in range(5)]

optimizers = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "learning_rate": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "clipnorm": 0.5}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2}),
    ("SGD", {"momentum": 0.5, "gradient_accumulation_steps": 2, "clipvalue": 0.1}),
    ("SGD", {"loss_scale_factor": 8.0}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "learning_rate": 0.05, "global_clipnorm": 0.3}),
    ("Adam", {"gradient_accumulation_steps": 2, "use_ema": True}),
    ("AdamW", {"learning_rate": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "momentum": 0.4, "learning_rate": 0.1}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adamax", {"learning_rate": 0.1}),
    ("Nadam", {"learning_rate": 0.1}),
    ("Ftrl", {"learning_rate": 0.1, "l1_regularization_strength": 0.01, "l2_regularization_strength": 0.1,
              "l2_shrinkage_regularization_strength": 0.1, "beta": 0.1}),
    ("Ftrl", {"learning_rate": 0.1, "learning_rate_power": -0.3}),
    ("Lion", {"learning_rate": 0.1}),
    ("Lamb", {"learning_rate": 0.1, "weight_decay": 0.01}),
    ("Adafactor", {"learning_rate": 0.1}),
    ("Adafactor", {"learning_rate": 0.1, "relative_step": False, "clip_threshold": 0.5, "weight_decay": 0.01}),
    ("Muon", {"learning_rate": 0.1}),
    ("Muon", {"learning_rate": 0.1, "nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.5}),
]
rates = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [2, 5], "values": [1.0, 0.5, 0.1]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "power": 2.0, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 6, "warmup_target": 0.2, "warmup_steps": 3}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3, "m_mul": 0.7, "alpha": 0.1}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.0}),
]


def numbers(value):
    return np.asarray(value, dtype="float64").ravel().tolist()


def run(make):
    variables = [keras.Variable(value, name=f"v{i}") for i, value in enumerate(start)]
    optimizer = make()
    weights = []
    for step in gradients:
        optimizer.apply(step, variables)
        weights.append(sum((numbers(v.numpy()) for v in variables), []))
    state = [numbers(v.numpy()) for v in optimizer.variables]
    optimizer.finalize_variable_values(variables)
    final = sum((numbers(v.numpy()) for v in variables), [])
    return {"weights": weights, "state": state, "final": final}


cases = []
for name, config in optimizers:
    cases.append({"class": name, "config": config, **run(lambda: getattr(keras.optimizers, name)(**config))})
schedule = {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}
envelope = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "config": schedule, "registered_name": None}
made = run(lambda: keras.optimizers.Adam(schedules.ExponentialDecay(**schedule), gradient_accumulation_steps=2))
cases.append({"class": "Adam", "config": {"learning_rate": envelope, "gradient_accumulation_steps": 2}, **made})

result = {
    "start": [numbers(v) for v in start],
    "gradients": [[numbers(g) for g in step] for step in gradients],
    "optimizers": cases,
    "schedules": [{"class": name, "config": config, "rates": [float(getattr(schedules, name)(**config)(step)) for step in range(12)]}
                  for name, config in rates],
}


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return value


text = json.dumps(rounded(result)).replace('{"class"', '\n{"class"')
(pathlib.Path(__file__).parent / "optimizers.json").write_text(text + "\n")
