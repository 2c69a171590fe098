//! The `.keras` archive: a zip whose members are stored, `metadata.json`, `config.json`, `model.weights.h5`, in this order.

use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// What an archive holds.
pub(super) struct Archive {
    pub(super) config: String,
    pub(super) weights: Vec<u8>,
}

/// Nothing in a genuine config comes near this.
const MOST_CONFIG_BYTES: u64 = 64 << 20;

fn broken(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("{} is no readable .keras file", path.display()))
        .received(why.to_string())
        .expected("a file that model.save(\"name.keras\") wrote, in kerai or in Keras 3")
        .hint("the file may be incomplete: copy or save it again")
}

/// Reads an archive to its end, so that its checksums are checked.
pub(super) fn read(path: &Path) -> Result<Archive> {
    let file = disk::open(path).map_err(|error| {
        let error = Error::from(error);
        let missing = error.kind == ErrorKind::FileNotFound;
        let error = Error { what: format!("cannot open {}", path.display()), ..error };
        if missing {
            error.received("no such file").hint("check the folder: os.getcwd() tells where you are")
        } else {
            error
        }
    })?;
    let length = file.metadata()?.len();
    let mut zip = ZipArchive::new(file).map_err(|error| broken(path, error))?;
    let mut member = |name: &str, most: u64| -> Result<Vec<u8>> {
        let entry = zip.by_name(name).map_err(|error| broken(path, format!("{name}: {error}")))?;
        // Deflate cannot expand more than about a thousandfold, so a larger claim is a lie.
        let most = most.min(length.saturating_mul(1032));
        if entry.size() > most {
            return Err(broken(path, format!("{name} claims {} bytes", entry.size())));
        }
        let mut bytes = Vec::new();
        entry
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| broken(path, format!("{name}: {error}")))?;
        if bytes.len() as u64 > most {
            return Err(broken(path, format!("{name} is longer than it claims")));
        }
        Ok(bytes)
    };
    let config = member("config.json", MOST_CONFIG_BYTES)?;
    let config = String::from_utf8(config).map_err(|error| broken(path, error))?;
    Ok(Archive { config, weights: member("model.weights.h5", u64::MAX)? })
}

/// The bytes of an archive.
pub(super) fn write(metadata: &str, config: &str, weights: &[u8]) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let fail = |error: zip::result::ZipError| {
        Error::new(ErrorKind::Io, format!("the archive cannot be written: {error}"))
    };
    for (name, bytes) in [
        ("metadata.json", metadata.as_bytes()),
        ("config.json", config.as_bytes()),
        ("model.weights.h5", weights),
    ] {
        zip.start_file(name, options).map_err(fail)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish().map_err(fail)?.into_inner())
}

/// Writes a file as a whole or not at all: a temporary file beside it, synced, then renamed.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let place = |error: std::io::Error| {
        let error = Error::from(error);
        let what = format!("cannot write {}: {}", path.display(), error.what);
        Error { what, ..error }.hint("check that the folder exists and may be written")
    };
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.part", std::process::id()));
    let temporary = Path::new(&temporary);
    let written = (|| {
        let mut file = disk::create(temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        disk::rename(temporary, path)
    })();
    written.map_err(|error| {
        // The half-written file is of no use; if it cannot be removed, there is nothing more to do.
        let _ = disk::remove_file(temporary);
        place(error)
    })
}
