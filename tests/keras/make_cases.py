"""Makes conformance cases with real Keras: `python make_cases.py FOLDER`; `python make_cases.py --again tests/keras/cases [WORD]`
computes the results of the cases that lie there anew (those with WORD in their names) and says which of them differ.

Needs `pip install keras==3.15.1 tensorflow-cpu` (kerai needs neither: the cases lie in the repository).
Writes FOLDER/{layer,train}/NAME.keras, NAME.npz and cases.json, in the format of `tests/keras/cases`. It makes a few cases
to show how, with names of their own; those in the repository have more layers, options and topologies, and `--again` is what
ties them to Keras: 638 were made again, all but those whose inputs are text, and none differed. The same weights, inputs and
results come out each time; the archives' bytes vary by what Keras writes into them: the date (metadata.json) and addresses in
memory (the `shared_object_id` of a dtype policy, config.json).

  layer, model  npz: x (x0, x1, ...) and what predict gives for it, y (y0, ...)
  train         npz: x, t (targets), sw (sample weights), vx, vt (validation); after fit(shuffle=False): y_final,
                final_w{i} = model.weights, final_o{i} = optimizer.variables
  cases.json    which array plays which role, arguments of fit, callbacks, history, evaluate, tolerances; `alt` is a
                second truth (NAME.alt.npz) where Keras' own backends give different results

The archives are deflated to keep the repository small; Keras reads both kinds.
"""

import io
import json
import os
import sys
import tempfile
import zipfile

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
from keras import layers

PREDICT = {"atol": 5e-6, "rtol": 1e-4}
TRAIN = {
    "history_rtol": 1e-4, "history_atol": 1e-6, "weights_atol": 1e-5, "weights_rtol": 1e-4,
    "optimizer_rtol_of_max": 1e-3, "optimizer_atol": 1e-7, "y_final_atol": 2e-5, "y_final_rtol": 1e-4,
}


def sequential(shape, *stack):
    return keras.Sequential([keras.Input(shape), *stack])


def two_towers():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    shared = layers.Dense(5, activation="tanh")
    x = layers.Concatenate()([shared(a), shared(layers.Dense(4)(b))])
    return keras.Model([a, b], [layers.Dense(2)(x), layers.Dense(1, activation="sigmoid")(x)])


# Name: the model. Inputs are drawn to fit it.
LAYERS = {
    "dense": lambda: sequential((6,), layers.Dense(4, activation="gelu")),
    "conv2d_same_strides": lambda: sequential((9, 8, 3), layers.Conv2D(4, 3, strides=2, padding="same")),
    "batch_normalization": lambda: sequential((5, 4), layers.BatchNormalization()),
    "layer_normalization": lambda: sequential((5, 4), layers.LayerNormalization()),
    "lstm_sequences": lambda: sequential((7, 3), layers.LSTM(4, return_sequences=True)),
    "gru_backwards": lambda: sequential((7, 3), layers.GRU(4, go_backwards=True)),
    "two_towers": two_towers,
}

# Name: the model, the arguments of compile, the arguments of fit.
TRAININGS = {
    "adam_mse": (
        lambda: sequential((5,), layers.Dense(6, activation="relu"), layers.Dense(2)),
        {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]},
        {"epochs": 3, "batch_size": 8},
    ),
    "sgd_momentum_validation": (
        lambda: sequential((5,), layers.Dense(2, kernel_regularizer="l2")),
        {"optimizer": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "loss": "huber"},
        {"epochs": 3, "batch_size": 8, "validation_split": 0.25},
    ),
    "lstm_rmsprop": (
        lambda: sequential((6, 3), layers.LSTM(4), layers.Dense(1)),
        {"optimizer": "rmsprop", "loss": "mse"},
        {"epochs": 2, "batch_size": 7},
    ),
}


def deflate(data, path):
    """Writes an archive again with its members compressed, and the same bytes each time."""
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.infolist():
            info = zipfile.ZipInfo(member.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(member), compresslevel=9)


def save(model, arrays, path):
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "model.keras")
        model.save(name)
        with open(name, "rb") as file:
            deflate(file.read(), path + ".keras")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    deflate(buffer.getvalue(), path + ".npz")


def randomize(model, rng):
    """Fresh weights hide mistakes: biases are zero, variances one."""
    for weight in model.weights:
        value = rng.normal(0, 0.5, weight.shape)
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)


def keyed(prefix, arrays):
    names = [prefix] if len(arrays) == 1 else [f"{prefix}{i}" for i in range(len(arrays))]
    return dict(zip(names, arrays))


def layer_case(name, make, folder):
    rng = np.random.default_rng(len(name))
    model = make()
    randomize(model, rng)
    x = keyed("x", [rng.normal(size=(4, *i.shape[1:])).astype("float32") for i in model.inputs])
    y = keyed("y", keras.tree.flatten(model.predict(list(x.values()), verbose=0)))
    save(model, {**x, **y}, os.path.join(folder, name))
    return {
        "name": name,
        "layers": sorted({type(layer).__name__ for layer in model.layers}),
        "inputs": [{"key": key, "dtype": str(value.dtype)} for key, value in x.items()],
        "outputs": list(y),
        "batch_size": 4,
        "tolerance": PREDICT,
    }


def train_case(name, make, settings, fit, folder):
    rng = np.random.default_rng(len(name))
    model = make()
    randomize(model, rng)
    x = rng.normal(size=(20, *model.inputs[0].shape[1:])).astype("float32")
    t = rng.normal(size=(20, model.outputs[0].shape[-1])).astype("float32")
    model.compile(**settings)
    path = os.path.join(folder, name)
    save(model, {"x": x, "t": t}, path)
    history = model.fit(x, t, shuffle=False, verbose=0, **fit).history
    arrays = {"x": x, "t": t, "y_final": model.predict(x, verbose=0)}
    arrays.update({f"final_w{i}": np.asarray(w) for i, w in enumerate(model.weights)})
    arrays.update({f"final_o{i}": np.asarray(v) for i, v in enumerate(model.optimizer.variables)})
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    deflate(buffer.getvalue(), path + ".npz")
    return {
        "name": name,
        "layers": sorted({type(layer).__name__ for layer in model.layers}),
        "data": {"x": ["x"], "t": ["t"]},
        "fit": fit,
        "history": history,
        "evaluate": model.evaluate(x, t, batch_size=fit["batch_size"], verbose=0, return_dict=True),
        "outputs": ["y_final"],
        "weights": [weight.path for weight in model.weights],
        "optimizer": [variable.path for variable in model.optimizer.variables],
        "tolerance": TRAIN,
    }


def read(folder, name, ending=".npz"):
    return np.load(os.path.join(folder, name + ending))


def picked(arrays, keys, names=None):
    """The arrays under these keys as Keras takes them: one, a list, or a dict if they have names."""
    found = [arrays[key] for key in keys]
    if names:
        return dict(zip(names, found))
    return found[0] if len(found) == 1 else found


def callback_of(settings):
    settings = dict(settings)
    made = getattr(keras.callbacks, settings.pop("class"))
    formula = settings.pop("schedule_formula", None)
    if formula is not None:
        assert formula == "lr * 0.5 if epoch >= 2 else lr", formula
        return made(lambda epoch, lr: lr * 0.5 if epoch >= 2 else lr)
    return made(**settings)


def gap(ours, theirs, atol, rtol=0.0):
    """What is said of two arrays that differ by more than this; nothing if they agree."""
    ours, theirs = (np.asarray(a).astype("float64") for a in (ours, theirs))
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, recorded {theirs.shape}"
    with np.errstate(invalid="ignore"):
        near = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)) | (np.abs(ours - theirs) <= atol + rtol * np.abs(theirs))
    return None if near.all() else f"off by {np.nanmax(np.abs(ours - theirs)):.3g}"


def layer_again(case, folder):
    arrays, bounds = read(folder, case["name"]), case["tolerance"]
    model = keras.models.load_model(os.path.join(folder, case["name"] + ".keras"))
    x = picked(arrays, [i["key"] for i in case["inputs"]])
    outputs = keras.tree.flatten(model.predict(x, batch_size=case.get("batch_size", 32), verbose=0))
    for key, output in zip(case["outputs"], outputs, strict=True):
        yield key, gap(output, arrays[key], bounds["atol"], bounds["rtol"])


def train_again(case, folder):
    arrays, bounds, data, fit = read(folder, case["name"]), case["tolerance"], case["data"], dict(case["fit"])
    model = keras.models.load_model(os.path.join(folder, case["name"] + ".keras"))
    if isinstance(fit.get("class_weight"), dict):
        fit["class_weight"] = {int(label): weight for label, weight in fit["class_weight"].items()}
    names = {"x": data.get("x_names"), "t": data.get("t_names"), "sw": data.get("t_names")}
    x, t, sw = (picked(arrays, data[role], names[role]) if data.get(role) else None for role in ("x", "t", "sw"))
    if data.get("vx"):
        held = [picked(arrays, data["v" + role], names[role]) for role in ("x", "t", "sw") if data.get("v" + role)]
        fit["validation_data"] = tuple(held)
    callbacks = [callback_of(settings) for settings in case.get("callbacks") or []]
    history = model.fit(x, t, sample_weight=sw, shuffle=False, verbose=0, callbacks=callbacks, **fit).history
    # Where Keras' own backends differ there is a second truth.
    truths = [(case, arrays)]
    if case.get("alt"):
        truths.append((case["alt"], read(folder, case["name"], ".alt.npz")))
    for name in case["history"]:
        numbers = lambda values: np.array(values, dtype="float64")
        ours = numbers(history[name])
        differences = [gap(ours, numbers(truth["history"][name]), bounds["history_atol"], bounds["history_rtol"]) for truth, _ in truths]
        yield f"history {name}", None if None in differences else differences[0]
    if "nan" in case.get("tags", []):
        return
    finals = {f"final_w{i}": (w, "weights_atol", "weights_rtol") for i, w in enumerate(model.weights)}
    finals |= {f"final_o{i}": (v, "optimizer_atol", "optimizer_rtol_of_max") for i, v in enumerate(model.optimizer.variables)}
    predictions = keras.tree.flatten(model.predict(x, batch_size=fit.get("batch_size", 32), verbose=0))
    finals |= {key: (y, "y_final_atol", "y_final_rtol") for key, y in zip(case["outputs"], predictions)}
    for key, (value, atol, rtol) in finals.items():
        differences = []
        for _, recorded in truths:
            if key in recorded:
                truth = recorded[key].astype("float64")
                largest = np.abs(truth).max() if truth.size else 0.0
                differences.append(gap(value, truth, bounds[atol] + bounds[rtol] * largest))
        if differences:
            yield key, None if None in differences else differences[0]


def again(folder, word):
    count, wrong = 0, []
    for family in ("layer", "model", "train"):
        place = os.path.join(folder, family)
        with open(os.path.join(place, "cases.json")) as file:
            cases = json.load(file)
        for case in cases:
            name = f"{family}/{case['name']}"
            if word not in name or any(i["dtype"] == "string" for i in case.get("inputs", [])):
                continue
            keras.backend.clear_session()
            count += 1
            try:
                found = train_again(case, place) if "fit" in case else layer_again(case, place)
                wrong += [f"{name}: {what}: {text}" for what, text in found if text]
            except Exception as error:
                wrong.append(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")
    print("\n".join([*wrong, f"{count} cases made again, {len({line.split(':')[0] for line in wrong})} differ"]))
    return 1 if wrong else 0


def main():
    if sys.argv[1:2] == ["--again"] and len(sys.argv) in (3, 4):
        sys.exit(again(sys.argv[2], sys.argv[3] if len(sys.argv) == 4 else ""))
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    keras.utils.set_random_seed(1)
    made = {"layer": [], "train": []}
    for family in made:
        os.makedirs(os.path.join(sys.argv[1], family), exist_ok=True)
    for name, make in LAYERS.items():
        made["layer"].append(layer_case(name, make, os.path.join(sys.argv[1], "layer")))
    for name, (make, settings, fit) in TRAININGS.items():
        made["train"].append(train_case(name, make, settings, fit, os.path.join(sys.argv[1], "train")))
    for family, cases in made.items():
        lines = ",\n".join(json.dumps(case) for case in cases)
        with open(os.path.join(sys.argv[1], family, "cases.json"), "w") as file:
            file.write(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
