# Predictions of bfloat16 reach numpy as what they are, printed and promoted as ml_dtypes does.
import keras
import numpy as np
from keras import layers, ops

x = np.arange(6).reshape(2, 3) / 4
for policy in ["mixed_bfloat16", "bfloat16"]:
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    kernel, bias = model.get_weights()
    print(policy, kernel.dtype, model.weights[0].dtype)
    model.set_weights([np.array([[0.3, 1], [-0.7, 2], [0.11, 1234]]), bias])
    p = model.predict(x, verbose=0)
    print(p, repr(p), p.dtype, repr(p.dtype), p.dtype.name, p.dtype.itemsize, p.shape, type(p).__name__)
    print(p.tolist(), float(p[0, 0]), repr(p[0, 0]), p[0, 1], type(p[0, 0]).__name__, f"{p[0, 0]:.3f}")
    print((p + 1).dtype, (p + 1.5).dtype, (-p).dtype, (p > 0).dtype, (p / 2).dtype, (1 - p).dtype)
    for other in ["bool", "int8", "uint8", "int16", "int32", "int64", "float16", "float32", "float64"]:
        print(other, (p + np.ones((2, 2), other)).dtype)
    print(p.mean(), p.sum(), p.max(), np.argmax(p, -1), np.exp(p).dtype, np.round(p, 2).dtype, p.mean(axis=0).dtype)
    print(p.astype("float32"), np.concatenate([p, p]).dtype, np.where(p > 0, p, p).dtype, np.isfinite(p).all())
    print(np.allclose(p, p.astype("float32")), p.dtype == "bfloat16", p.dtype == np.float32)
    print(ops.convert_to_numpy(model(x)).dtype)
keras.config.set_dtype_policy("float32")
