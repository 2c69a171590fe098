//! Modules that are not here, and what to write instead.

use crate::runtime::Exception;

/// Module and advice.
const ADVICE: &[(&str, &str)] = &[
    ("pandas", "kerai.read_csv(path) gives the columns of a table as arrays; numpy does the rest"),
    ("polars", "kerai.read_csv(path) gives the columns of a table as arrays; numpy does the rest"),
    ("torch", "kerai has one engine of its own; write the model with keras.layers and keras.ops"),
    ("torchvision", "keras.datasets and keras.applications have data sets and models for images"),
    (
        "jax",
        "kerai has one engine of its own; write the function with keras.ops, and use tf.GradientTape for gradients",
    ),
    ("flax", "write the model with keras.layers"),
    ("keras_hub", "keras.applications has the models that kerai ships; keras.layers builds others"),
    (
        "keras_cv",
        "keras.applications and keras.layers have the models and the augmentation for images",
    ),
    (
        "keras_nlp",
        "keras.layers has Embedding, MultiHeadAttention and TextVectorization to build the model with",
    ),
    (
        "keras_tuner",
        "a loop over the settings does it: for units in [32, 64]: model = build(units); model.fit(...)",
    ),
    ("kagglehub", "download the file in a browser, or keras.utils.get_file(fname, origin=url)"),
    (
        "google",
        "there is no Colab here: files lie in the current folder, and open(path) reads them",
    ),
    (
        "tensorflow_datasets",
        "keras.datasets has the usual data sets; tf.data.Dataset.from_tensor_slices makes others",
    ),
    ("tensorflow_hub", "keras.applications has the models that kerai ships"),
    (
        "sklearn",
        "train_test_split: shuffle with np.random.permutation and slice; scaling: keras.layers.Normalization",
    ),
    ("scipy", "numpy and keras.ops have the functions that Keras programs use"),
    ("seaborn", "matplotlib.pyplot draws the same: plt.hist, plt.scatter, plt.imshow"),
    ("plotly", "matplotlib.pyplot draws: plt.plot, plt.scatter, plt.imshow"),
    ("cv2", "keras.utils.load_img(path) reads images, keras.ops.image.resize resizes them"),
    ("requests", "keras.utils.get_file(fname, origin=url) downloads a file"),
    ("urllib", "keras.utils.get_file(fname, origin=url) downloads a file"),
    ("subprocess", "kerai runs no other programs"),
    ("threading", "kerai runs a program on one thread and uses all cores for its arrays"),
    ("multiprocessing", "kerai uses all cores for its arrays by itself"),
    ("asyncio", "kerai runs a program on one thread; there is nothing to wait for"),
    ("logging", "print(...) writes, and warnings.warn(...) warns"),
    ("pickle", "model.save('model.keras') keeps a model, np.save an array, json.dump plain data"),
    ("h5py", "model.save_weights and model.load_weights read and write .h5 files"),
    ("csv", "kerai.read_csv(path), or: for line in open(path): fields = line.rstrip().split(',')"),
    (
        "wandb",
        "the history that model.fit returns holds the curves; keras.callbacks.CSVLogger writes them",
    ),
];

/// The error for a module that is not in the list.
pub(super) fn unknown(path: &str, known: &[String]) -> Box<Exception> {
    let top = path.split('.').next().unwrap_or(path);
    let error = Exception::new("ModuleNotFoundError", format!("No module named '{path}'"));
    if let Some((_, advice)) = ADVICE.iter().find(|(name, _)| *name == top) {
        return error.with_hint(format!("{top} is not in kerai; {advice}"));
    }
    match kerai_engine::suggest::nearest(top, known.iter().map(String::as_str)) {
        Some(near) if near != top => error.with_hint(format!("did you mean '{near}'?")),
        _ => error.with_hint(format!("kerai has: {}", known.join(", "))),
    }
}
