//! Keras' own data files: from its cache folder (`~/.keras/datasets`), or by download into it.

use crate::data::npy;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::saving::write_file;
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::PathBuf;

/// Images and labels, for training and for testing.
pub struct Images {
    /// Images of `height x width` bytes, row after row: training, testing.
    pub pixels: [Vec<u8>; 2],
    /// Their classes: training, testing.
    pub labels: [Vec<u8>; 2],
    /// Height and width.
    pub size: (usize, usize),
}

const SERVER: &str = "https://storage.googleapis.com/tensorflow/tf-keras-datasets";

/// Where Keras keeps its data: `$KERAS_HOME/datasets` or `~/.keras/datasets`.
pub fn cache_folder() -> PathBuf {
    let home = std::env::var_os("KERAS_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".keras")));
    home.unwrap_or_else(|| PathBuf::from(".keras")).join("datasets")
}

/// A file of the cache, downloaded if it is missing; `sha256` is checked where it is known.
fn file(
    path: &str,
    url: &str,
    sha256: Option<&str>,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Vec<u8>> {
    let place = cache_folder().join(path);
    let bytes = match disk::read(&place) {
        Ok(bytes) => bytes,
        Err(_) => {
            let bytes = download(url, progress).map_err(|error| {
                Error::new(ErrorKind::Io, format!("{path} is not in Keras' cache and cannot be downloaded"))
                    .received(error.what)
                    .expected(format!("the file at {}", place.display()))
                    .hint(format!("download {url} on a machine with a network and put it there; kerai.datasets.mnist_small needs no file"))
            })?;
            check(path, &bytes, sha256)?;
            if let Some(folder) = place.parent() {
                disk::create_dir_all(folder)?;
            }
            write_file(&place, &bytes)?;
            bytes
        }
    };
    check(path, &bytes, sha256)
        .map_err(|error| error.hint(format!("remove {} and load it again", place.display())))?;
    Ok(bytes)
}

fn check(path: &str, bytes: &[u8], sha256: Option<&str>) -> Result<()> {
    use sha2::Digest;
    let Some(expected) = sha256 else { return Ok(()) };
    let found: String =
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found == expected {
        return Ok(());
    }
    Err(Error::value(format!("{path} is damaged: its checksum is wrong"))
        .received(found)
        .expected(expected.to_owned()))
}

#[cfg(feature = "download")]
fn download(url: &str, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<Vec<u8>> {
    let fail = |error: &dyn std::fmt::Display| Error::new(ErrorKind::Io, error.to_string());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(std::time::Duration::from_secs(10)))
        .build()
        .into();
    let response = agent.get(url).call().map_err(|error| fail(&error))?;
    let length = response
        .headers()
        .get("content-length")
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let mut reader = response.into_body().into_reader();
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        crate::interrupt::check()?;
        let count = reader.read(&mut chunk)?;
        if count == 0 {
            return Ok(bytes);
        }
        // Nothing that is fetched here comes near this size.
        if bytes.len() > 1 << 30 {
            return Err(Error::new(ErrorKind::Io, "the download does not end"));
        }
        bytes.extend_from_slice(&chunk[..count]);
        progress(bytes.len() as u64, length);
    }
}

#[cfg(not(feature = "download"))]
fn download(_url: &str, _progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<Vec<u8>> {
    Err(Error::new(ErrorKind::Io, "this build of kerai cannot download"))
}

/// The 70,000 digits of MNIST (`mnist.npz`).
pub fn mnist(progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<Images> {
    let digest = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1";
    let bytes = file("mnist.npz", &format!("{SERVER}/mnist.npz"), Some(digest), progress)?;
    let mut arrays = npy::Npz::from_bytes(bytes)?;
    let mut take = |name: &str| -> Result<Vec<u8>> { Ok(arrays.array(name)?.bytes) };
    Ok(Images {
        pixels: [take("x_train")?, take("x_test")?],
        labels: [take("y_train")?, take("y_test")?],
        size: (28, 28),
    })
}

/// The 70,000 pieces of clothing of Fashion-MNIST (four files of `fashion-mnist/`).
pub fn fashion_mnist(progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<Images> {
    let mut part = |name: &str, header: usize| -> Result<Vec<u8>> {
        let bytes =
            file(&format!("fashion-mnist/{name}"), &format!("{SERVER}/{name}"), None, progress)?;
        let mut values = Vec::new();
        GzDecoder::new(&bytes[..])
            .take(1 << 27)
            .read_to_end(&mut values)
            .map_err(|error| Error::from(error).within(name))?;
        if values.len() < header {
            return Err(Error::value(format!("{name} is damaged"))
                .hint("remove it from the cache and load it again"));
        }
        Ok(values.split_off(header))
    };
    Ok(Images {
        labels: [part("train-labels-idx1-ubyte.gz", 8)?, part("t10k-labels-idx1-ubyte.gz", 8)?],
        pixels: [part("train-images-idx3-ubyte.gz", 16)?, part("t10k-images-idx3-ubyte.gz", 16)?],
        size: (28, 28),
    })
}
