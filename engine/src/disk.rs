//! Files as programs see them: those of the disk, or, [`without_trace`], with a temporary folder laid over the disk that
//! takes whatever is written. Programs' files are read and written through here only; names and errors are those of `std::fs`.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

thread_local! {
    static OVERLAY: RefCell<Option<Overlay>> = const { RefCell::new(None) };
}

/// Does work after which the disk is as it was: what it writes or deletes on this thread only it sees.
pub fn without_trace<T>(work: impl FnOnce() -> T) -> T {
    struct End(Option<Overlay>);
    impl Drop for End {
        fn drop(&mut self) {
            OVERLAY.set(self.0.take());
        }
    }
    let _end = End(OVERLAY.replace(Some(Overlay::new())));
    work()
}

/// What a program wrote and deleted in place of the disk.
struct Overlay {
    /// Files that were written, under their paths from the root. Made when the first of them is.
    folder: PathBuf,
    /// What is no longer to be seen of the disk.
    deleted: HashSet<PathBuf>,
    /// The current folder, which may be one that is only here.
    here: PathBuf,
}

impl Drop for Overlay {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Overlay {
    fn new() -> Overlay {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let name = format!("kerai-{}-{}", std::process::id(), now.map_or(0, |now| now.as_nanos()));
        Overlay {
            folder: std::env::temp_dir().join(name),
            deleted: HashSet::new(),
            here: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// A path from the root, without links and dots.
    fn absolute(&self, path: &Path) -> PathBuf {
        let mut absolute = PathBuf::new();
        for part in self.here.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    absolute.pop();
                }
                part => {
                    absolute.push(part);
                    if absolute.is_symlink() {
                        absolute = fs::canonicalize(&absolute).unwrap_or(absolute);
                    }
                }
            }
        }
        absolute
    }

    fn is_deleted(&self, absolute: &Path) -> bool {
        absolute.ancestors().any(|path| self.deleted.contains(path))
    }

    /// Where an absolute path lies among the files that were written.
    fn written(&self, absolute: &Path) -> PathBuf {
        let names = absolute.components().filter(|part| matches!(part, Component::Normal(_)));
        self.folder.join(names.collect::<PathBuf>())
    }

    /// Where a path lies for those who read it. What is deleted lies where nothing is.
    fn to_read(&self, path: &Path) -> PathBuf {
        let absolute = self.absolute(path);
        let written = self.written(&absolute);
        if written.exists() || self.is_deleted(&absolute) { written } else { absolute }
    }

    /// Where a path lies for those who write it. If it cannot be there, the writing itself fails as on the disk.
    fn to_write(&self, path: &Path, keep: Keep) -> Result<PathBuf> {
        let absolute = self.absolute(path);
        let (source, target) = (self.to_read(&absolute), self.written(&absolute));
        match absolute.parent() {
            Some(parent) if self.to_read(parent).is_dir() => {
                fs::create_dir_all(self.written(parent))?;
            }
            _ => {}
        }
        if source.is_dir() {
            fs::create_dir_all(&target)?;
        } else if keep == Keep::Content && source != target && source.exists() {
            fs::copy(&source, &target)?;
        }
        Ok(target)
    }

    fn delete(&mut self, path: &Path) -> Result<()> {
        let absolute = self.absolute(path);
        let written = self.written(&absolute);
        if written.is_dir() {
            fs::remove_dir_all(written)?;
        } else if written.exists() {
            fs::remove_file(written)?;
        }
        self.deleted.insert(absolute);
        Ok(())
    }

    fn names(&self, path: &Path) -> Result<Vec<OsString>> {
        let absolute = self.absolute(path);
        let mut names = names_on_disk(&self.to_read(path))?;
        if !self.is_deleted(&absolute) && absolute.is_dir() {
            names.extend(names_on_disk(&absolute)?);
            names.sort();
            names.dedup();
            names.retain(|name| exists_at(&self.to_read(&absolute.join(name))));
        }
        Ok(names)
    }
}

/// Whether a file that is opened for writing begins with what it held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It does.
    Content,
    /// It begins empty.
    Nothing,
}

fn overlaid<T>(work: impl FnOnce(&mut Overlay) -> T) -> Option<T> {
    OVERLAY.with_borrow_mut(|overlay| overlay.as_mut().map(work))
}

/// Where a path lies for those who read it.
fn place(path: impl AsRef<Path>) -> PathBuf {
    let path = path.as_ref();
    overlaid(|overlay| overlay.to_read(path)).unwrap_or_else(|| path.to_owned())
}

/// Where a path lies for those who write it.
fn place_to_write(path: &Path, keep: Keep) -> Result<PathBuf> {
    overlaid(|overlay| overlay.to_write(path, keep)).unwrap_or_else(|| Ok(path.to_owned()))
}

fn names_on_disk(folder: &Path) -> Result<Vec<OsString>> {
    let mut names: Vec<OsString> =
        fs::read_dir(folder)?.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    Ok(names)
}

/// Unlike `Path::exists`, true for links that lead nowhere.
fn exists_at(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether there is a file or folder.
pub fn exists(path: impl AsRef<Path>) -> bool {
    place(path).exists()
}

/// Whether there is an entry, be it a link that leads nowhere.
pub fn has_entry(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    exists_at(&if is_symlink(path) { path.to_owned() } else { place(path) })
}

/// Whether there is a file.
pub fn is_file(path: impl AsRef<Path>) -> bool {
    place(path).is_file()
}

/// Whether there is a folder.
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    place(path).is_dir()
}

/// Whether there is a link. Links are followed by all else.
pub fn is_symlink(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    match overlaid(|overlay| overlay.here.join(path)) {
        Some(absolute) => absolute.is_symlink() && exists(path),
        None => path.is_symlink(),
    }
}

/// Size and times.
pub fn metadata(path: impl AsRef<Path>) -> Result<Metadata> {
    fs::metadata(place(path))
}

/// The path from the root, without links.
pub fn canonicalize(path: impl AsRef<Path>) -> Result<PathBuf> {
    let path = path.as_ref();
    match overlaid(|overlay| overlay.absolute(path)) {
        Some(absolute) => fs::metadata(place(path)).map(|_| absolute),
        None => fs::canonicalize(path),
    }
}

/// The names in a folder, sorted.
pub fn names(folder: impl AsRef<Path>) -> Result<Vec<OsString>> {
    let folder = folder.as_ref();
    overlaid(|overlay| overlay.names(folder)).unwrap_or_else(|| names_on_disk(folder))
}

/// The current folder.
pub fn current_dir() -> Result<PathBuf> {
    overlaid(|overlay| overlay.here.clone()).map_or_else(std::env::current_dir, Ok)
}

/// Makes a folder the current one.
pub fn set_current_dir(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let set = overlaid(|overlay| {
        fs::read_dir(overlay.to_read(path))?;
        overlay.here = overlay.absolute(path);
        Ok(())
    });
    set.unwrap_or_else(|| std::env::set_current_dir(path))
}

/// The bytes of a file.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    fs::read(place(path))
}

/// Opens a file for reading.
pub fn open(path: impl AsRef<Path>) -> Result<File> {
    File::open(place(path))
}

/// Opens a file with options that write it.
pub fn open_to_write(path: impl AsRef<Path>, options: &OpenOptions, keep: Keep) -> Result<File> {
    options.open(place_to_write(path.as_ref(), keep)?)
}

/// Makes an empty file.
pub fn create(path: impl AsRef<Path>) -> Result<File> {
    File::create(place_to_write(path.as_ref(), Keep::Nothing)?)
}

/// Makes a file of bytes.
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(place_to_write(path.as_ref(), Keep::Nothing)?, bytes)
}

/// Copies a file.
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<u64> {
    fs::copy(place(from), place_to_write(to.as_ref(), Keep::Nothing)?)
}

/// Moves a file or folder.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    if overlaid(|_| ()).is_none() {
        return fs::rename(from, to);
    }
    if !is_dir(from) {
        copy(from, to)?;
        return remove_file(from);
    }
    create_dir(to)?;
    for name in names(from)? {
        rename(from.join(&name), to.join(&name))?;
    }
    remove_dir(from)
}

/// Makes a folder.
pub fn create_dir(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    if exists(path) {
        return Err(Error::from(ErrorKind::AlreadyExists));
    }
    fs::create_dir(place_to_write(path, Keep::Nothing)?)
}

/// Makes a folder and those above it.
pub fn create_dir_all(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    if path.as_os_str().is_empty() || is_dir(path) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_dir_all(parent)?;
    }
    create_dir(path)
}

/// Deletes a file.
pub fn remove_file(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let removed = overlaid(|overlay| {
        if fs::metadata(overlay.to_read(path))?.is_dir() {
            return Err(Error::from(ErrorKind::IsADirectory));
        }
        overlay.delete(path)
    });
    removed.unwrap_or_else(|| fs::remove_file(path))
}

/// Deletes an empty folder.
pub fn remove_dir(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let removed = overlaid(|overlay| {
        if !overlay.names(path)?.is_empty() {
            return Err(Error::from(ErrorKind::DirectoryNotEmpty));
        }
        overlay.delete(path)
    });
    removed.unwrap_or_else(|| fs::remove_dir(path))
}

/// Deletes a folder with what is in it.
pub fn remove_dir_all(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let removed = overlaid(|overlay| {
        overlay.names(path)?;
        overlay.delete(path)
    });
    removed.unwrap_or_else(|| fs::remove_dir_all(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_what_it_wrote_and_the_disk_does_not() {
        let root = std::env::temp_dir().join(format!("kerai-disk-{}", std::process::id()));
        fs::create_dir_all(root.join("old/deep")).unwrap();
        fs::write(root.join("old/a.txt"), "a").unwrap();
        let lists = |folder: &Path| -> Vec<String> {
            names(folder).unwrap().iter().map(|name| name.to_string_lossy().into()).collect()
        };
        let overlay = without_trace(|| {
            set_current_dir(&root).unwrap();
            let mut options = OpenOptions::new();
            let mut file = open_to_write("old/a.txt", options.append(true), Keep::Content).unwrap();
            std::io::Write::write_all(&mut file, b"b").unwrap();
            assert_eq!(read("old/../old/a.txt").unwrap(), b"ab");
            assert_eq!(write("none/b.txt", "b").unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(write("old", "b").unwrap_err().kind(), ErrorKind::IsADirectory);
            assert_eq!(create_dir("old").unwrap_err().kind(), ErrorKind::AlreadyExists);
            create_dir_all("new/er").unwrap();
            write("new/b.txt", "b").unwrap();
            assert_eq!(lists(&root), ["new", "old"]);
            assert_eq!(lists(Path::new("new")), ["b.txt", "er"]);
            rename("old", "moved").unwrap();
            assert_eq!(lists(&root), ["moved", "new"]);
            assert_eq!(lists(Path::new("moved")), ["a.txt", "deep"]);
            assert_eq!(read("old/a.txt").unwrap_err().kind(), ErrorKind::NotFound);
            create_dir("old").unwrap();
            assert!(lists(Path::new("old")).is_empty());
            assert_eq!(remove_dir("moved").unwrap_err().kind(), ErrorKind::DirectoryNotEmpty);
            remove_dir_all("moved").unwrap();
            remove_dir("old").unwrap();
            assert!(remove_dir("old").is_err() && remove_file("old/a.txt").is_err());
            set_current_dir("new").unwrap();
            assert_eq!(canonicalize("b.txt").unwrap(), root.join("new/b.txt"));
            OVERLAY.with_borrow(|overlay| overlay.as_ref().unwrap().folder.clone())
        });
        assert!(!overlay.exists());
        assert_eq!(lists(&root), ["old"]);
        assert_eq!(fs::read(root.join("old/a.txt")).unwrap(), b"a");
        fs::remove_dir_all(root).unwrap();
    }
}
