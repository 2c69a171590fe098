"""Writes layers.json: results and gradients of layers, by real Keras 3 (TensorFlow). Weights and inputs are simple
functions of their place, so that the file holds only results.

pip install keras==3.15.1 tensorflow-cpu; python make_layers.py
"""
import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

# class, config, input shape, training
cases = [
    ("Dense", {"units": 3, "activation": "relu"}, [2, 5], False),
    ("Dense", {"units": 3, "activation": "tanh", "use_bias": False}, [2, 4, 5], False),
    ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, [2, 7, 2], False),
    ("Conv1D", {"filters": 4, "kernel_size": 4, "strides": 2, "padding": "same", "groups": 2}, [2, 7, 2], False),
    ("Conv2D", {"filters": 3, "kernel_size": [3, 2], "activation": "relu"}, [2, 6, 5, 2], False),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": [2, 3], "padding": "same"}, [2, 7, 8, 1], False),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same", "use_bias": False}, [1, 6, 7, 2], False),
    ("Conv2D", {"filters": 2, "kernel_size": 1, "strides": 2}, [1, 5, 4, 3], False),
    ("Conv3D", {"filters": 2, "kernel_size": 2, "padding": "same"}, [1, 3, 4, 3, 2], False),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2, "padding": "same", "strides": 2}, [2, 5, 6, 3], False),
    ("DepthwiseConv1D", {"kernel_size": 3}, [2, 6, 3], False),
    ("SeparableConv2D", {"filters": 2, "kernel_size": 3, "depth_multiplier": 2, "activation": "relu"}, [1, 5, 5, 3], False),
    ("SeparableConv1D", {"filters": 2, "kernel_size": 3, "padding": "same"}, [2, 5, 3], False),
    ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, [2, 8, 2], False),
    ("MaxPooling2D", {}, [2, 5, 6, 2], False),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, [1, 6, 5, 2], False),
    ("AveragePooling1D", {"pool_size": 2, "padding": "same"}, [2, 5, 2], False),
    ("AveragePooling2D", {"pool_size": [3, 2], "strides": [2, 1], "padding": "same"}, [1, 6, 5, 2], False),
    ("GlobalAveragePooling1D", {}, [2, 5, 3], False),
    ("GlobalAveragePooling2D", {"keepdims": True}, [2, 3, 4, 3], False),
    ("GlobalMaxPooling1D", {"keepdims": True}, [2, 5, 3], False),
    ("GlobalMaxPooling2D", {}, [2, 3, 4, 3], False),
    ("BatchNormalization", {}, [4, 3], True),
    ("BatchNormalization", {"momentum": 0.8, "epsilon": 0.01}, [2, 3, 4, 3], True),
    ("BatchNormalization", {"axis": 1, "scale": False}, [3, 2, 4], True),
    ("BatchNormalization", {"center": False}, [2, 3, 4, 3], False),
    ("BatchNormalization", {"renorm": True, "renorm_momentum": 0.7, "momentum": 0.8}, [4, 3], True),
    ("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmin": 0.6, "rmax": 1.1, "dmax": 0.3}}, [2, 3, 4, 3], True),
    ("BatchNormalization", {"renorm": True, "axis": 1, "scale": False}, [3, 2, 4], True),
    ("BatchNormalization", {"renorm": True}, [4, 3], False),
    ("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmin": 0.8, "rmax": 0.8, "dmax": 0.0}}, [4, 3], True),
    ("LayerNormalization", {}, [3, 5], False),
    ("LayerNormalization", {"axis": [1, 2], "epsilon": 0.01}, [2, 3, 4], False),
    ("LayerNormalization", {"axis": 1, "center": False}, [2, 3, 4], False),
    ("Dense", {"units": 3, "lora_rank": 2, "lora_alpha": 5}, [2, 4], True),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [3, 2, 2], "lora_rank": 1, "lora_alpha": 3}, [2, 3, 4], True),
    ("Conv2D", {"filters": 4, "kernel_size": 2, "groups": 2, "lora_rank": 2, "lora_alpha": 5}, [1, 3, 3, 2], True),
    ("LSTM", {"units": 3}, [2, 5, 4], False),
    ("LSTM", {"units": 3, "return_sequences": True, "go_backwards": True, "use_bias": False}, [2, 5, 4], False),
    ("LSTM", {"units": 2, "activation": "relu", "recurrent_activation": "hard_sigmoid", "return_sequences": True}, [2, 4, 3], False),
    ("LSTM", {"units": 2, "return_state": True}, [2, 4, 3], False),
    ("GRU", {"units": 3}, [2, 5, 4], False),
    ("GRU", {"units": 3, "return_sequences": True, "go_backwards": True}, [2, 5, 4], False),
    ("GRU", {"units": 3, "reset_after": False, "return_sequences": True}, [2, 5, 4], False),
    ("GRU", {"units": 2, "activation": "softsign", "use_bias": False}, [2, 4, 3], False),
    ("SimpleRNN", {"units": 3, "return_sequences": True}, [2, 5, 4], False),
    ("SimpleRNN", {"units": 2, "activation": "relu", "return_state": True}, [2, 4, 3], False),
]


def numbers(count, seed):
    """Also in Rust: the test makes the same ones."""
    i = np.arange(count, dtype="float64")
    return np.sin(i * i * 0.37 + i * 1.3 + seed).astype("float32")


def spread(value):
    return np.asarray(value, dtype="float64").ravel().tolist()


results = []
for name, config, shape, training in cases:
    layer = getattr(keras.layers, name)(**config)
    x = tf.constant(numbers(int(np.prod(shape)), 1).reshape(shape))
    layer.build(shape)
    for i, weight in enumerate(layer.weights):
        values = numbers(int(np.prod(weight.shape)), 10 + i)
        if "variance" in weight.path or "stddev" in weight.path:
            values = np.abs(values) + 0.5
        weight.assign((values * 0.7).reshape(weight.shape))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=training)
        outputs = y if isinstance(y, (list, tuple)) else [y]
        loss = sum(tf.reduce_sum(o * numbers(int(np.prod(o.shape)), 5 + i).reshape(o.shape)) for i, o in enumerate(outputs))
    sources = [x] + [w.value for w in layer.trainable_weights]
    gradients = tape.gradient(loss, sources)
    results.append({
        "class": name, "config": config, "shape": shape, "training": training,
        "outputs": [{"shape": list(o.shape), "values": spread(o)} for o in outputs],
        "gradients": [spread(g) for g in gradients],
        "states": [spread(w.numpy()) for w in layer.non_trainable_weights],
    })


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return value


text = json.dumps(rounded(results)).replace('{"class"', '\n{"class"')
(pathlib.Path(__file__).parent / "layers.json").write_text(text + "\n")
