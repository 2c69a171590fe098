//! numpy's files: `.npy` (one array) and `.npz` (a zip of them), read and written without numpy. Sizes are checked against
//! the bytes that are there before anything is allocated, so that a damaged file is an error and never more.

use std::io::{Cursor, Read, Seek, Write};

use crate::error::{Error, ErrorKind, Result};

/// The element type of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are numpy's")]
pub enum NpyType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    /// Text of a fixed number of characters, four bytes each.
    Unicode(usize),
    /// Bytes of a fixed number.
    Bytes(usize),
}

impl NpyType {
    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            NpyType::Bool | NpyType::Int8 | NpyType::UInt8 => 1,
            NpyType::Int16 | NpyType::UInt16 | NpyType::Float16 => 2,
            NpyType::Int32 | NpyType::UInt32 | NpyType::Float32 => 4,
            NpyType::Int64 | NpyType::UInt64 | NpyType::Float64 => 8,
            NpyType::Unicode(characters) => 4 * characters,
            NpyType::Bytes(bytes) => bytes,
        }
    }

    /// `<f4`, as the header has it.
    pub fn code(self) -> String {
        match self {
            NpyType::Bool => "|b1".to_owned(),
            NpyType::Int8 => "|i1".to_owned(),
            NpyType::UInt8 => "|u1".to_owned(),
            NpyType::Int16 => "<i2".to_owned(),
            NpyType::Int32 => "<i4".to_owned(),
            NpyType::Int64 => "<i8".to_owned(),
            NpyType::UInt16 => "<u2".to_owned(),
            NpyType::UInt32 => "<u4".to_owned(),
            NpyType::UInt64 => "<u8".to_owned(),
            NpyType::Float16 => "<f2".to_owned(),
            NpyType::Float32 => "<f4".to_owned(),
            NpyType::Float64 => "<f8".to_owned(),
            NpyType::Unicode(characters) => format!("<U{characters}"),
            NpyType::Bytes(bytes) => format!("|S{bytes}"),
        }
    }

    /// Reads a code; the second value says whether the bytes are in the other order.
    fn parse(code: &str) -> Option<(NpyType, bool)> {
        let (order, rest) = code.split_at_checked(1)?;
        let (order, rest) =
            if matches!(order, "<" | ">" | "|" | "=") { (order, rest) } else { ("<", code) };
        let kind = match rest {
            "b1" | "?" => NpyType::Bool,
            "i1" => NpyType::Int8,
            "i2" => NpyType::Int16,
            "i4" => NpyType::Int32,
            "i8" => NpyType::Int64,
            "u1" => NpyType::UInt8,
            "u2" => NpyType::UInt16,
            "u4" => NpyType::UInt32,
            "u8" => NpyType::UInt64,
            "f2" => NpyType::Float16,
            "f4" => NpyType::Float32,
            "f8" => NpyType::Float64,
            text => {
                let (letter, width) = text.split_at_checked(1)?;
                let width: usize = width.parse().ok().filter(|&width| width < 1 << 28)?;
                match letter {
                    "U" => NpyType::Unicode(width),
                    "S" => NpyType::Bytes(width),
                    _ => return None,
                }
            }
        };
        Some((kind, order == ">"))
    }
}

/// One array of a file: little-endian elements in C order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Npy {
    /// The lengths of the axes.
    pub shape: Vec<usize>,
    /// The element type.
    pub dtype: NpyType,
    /// The elements.
    pub bytes: Vec<u8>,
}

const MAGIC: &[u8] = b"\x93NUMPY";

fn damaged(what: impl Into<String>) -> Error {
    Error::value(what)
        .expected("a file that numpy.save or numpy.savez wrote")
        .hint("write or download the file again; it may be incomplete")
}

impl Npy {
    /// Reads a whole `.npy` file.
    pub fn parse(file: &[u8]) -> Result<Npy> {
        let Some(rest) = file.strip_prefix(MAGIC) else {
            return Err(damaged("this is no .npy file: its first bytes are not \\x93NUMPY"));
        };
        let short = || damaged("the .npy file ends within its header");
        let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(short)?;
        let (length, rest) = match version[0] {
            1 => {
                let (n, rest) = rest.split_first_chunk::<2>().ok_or_else(short)?;
                (usize::from(u16::from_le_bytes(*n)), rest)
            }
            2 | 3 => {
                let (n, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
                (u32::from_le_bytes(*n) as usize, rest)
            }
            other => return Err(damaged(format!("version {other} of .npy files is not known"))),
        };
        let (header, data) = rest.split_at_checked(length).ok_or_else(short)?;
        let header = String::from_utf8_lossy(header);
        let (code, fortran, shape) = parse_header(&header)?;
        let Some((dtype, swapped)) = NpyType::parse(&code) else {
            return Err(Error::not_implemented(
                format!("arrays of type {code} cannot be read"),
                "numbers, bool and text can; save the array as one of them",
            ));
        };
        let wanted = shape.iter().try_fold(dtype.size(), |product, &n| product.checked_mul(n));
        let Some(wanted) = wanted.filter(|&wanted| wanted <= data.len()) else {
            return Err(damaged(format!(
                "the .npy file is too short for an array of shape {shape:?} and type {code}"
            ))
            .received(format!("{} bytes of elements", data.len())));
        };
        let mut bytes = data[..wanted].to_vec();
        if swapped {
            let unit = if let NpyType::Unicode(_) = dtype { 4 } else { dtype.size() };
            bytes.chunks_exact_mut(unit.max(1)).for_each(<[u8]>::reverse);
        }
        if fortran && shape.len() > 1 {
            bytes = to_c_order(&bytes, &shape, dtype.size());
        }
        Ok(Npy { shape, dtype, bytes })
    }

    /// The content of a `.npy` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let lengths: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        let comma = if lengths.len() == 1 { "," } else { "" };
        let header = format!(
            "{{'descr': '{}', 'fortran_order': False, 'shape': ({}{comma}), }}",
            self.dtype.code(),
            lengths.join(", ")
        );
        // The header ends in a line break and the elements begin at a multiple of 64, as numpy writes it.
        let start = MAGIC.len() + 4;
        let padding = 64 - (start + header.len() + 1) % 64;
        let length = header.len() + padding + 1;
        let mut file = Vec::with_capacity(start + length + self.bytes.len());
        file.extend_from_slice(MAGIC);
        file.extend_from_slice(&[1, 0]);
        file.extend_from_slice(&(length as u16).to_le_bytes());
        file.extend_from_slice(header.as_bytes());
        file.resize(start + length - 1, b' ');
        file.push(b'\n');
        file.extend_from_slice(&self.bytes);
        file
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as float32, whatever numbers they are.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        Some(self.to_f64()?.into_iter().map(|x| x as f32).collect())
    }

    /// The elements as float64; `None` for text.
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        macro_rules! numbers {
            ($type:ty) => {
                self.bytes
                    .chunks_exact(size_of::<$type>())
                    .map(|b| <$type>::from_le_bytes(b.try_into().unwrap_or_default()) as f64)
                    .collect()
            };
        }
        Some(match self.dtype {
            NpyType::Bool => self.bytes.iter().map(|&b| f64::from(u8::from(b != 0))).collect(),
            NpyType::Int8 => numbers!(i8),
            NpyType::Int16 => numbers!(i16),
            NpyType::Int32 => numbers!(i32),
            NpyType::Int64 => numbers!(i64),
            NpyType::UInt8 => numbers!(u8),
            NpyType::UInt16 => numbers!(u16),
            NpyType::UInt32 => numbers!(u32),
            NpyType::UInt64 => numbers!(u64),
            NpyType::Float32 => numbers!(f32),
            NpyType::Float64 => numbers!(f64),
            NpyType::Float16 => self
                .bytes
                .chunks_exact(2)
                .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f64())
                .collect(),
            NpyType::Unicode(_) | NpyType::Bytes(_) => return None,
        })
    }

    /// The elements as bytes, if they are `uint8`.
    pub fn as_u8(&self) -> Option<&[u8]> {
        (self.dtype == NpyType::UInt8).then_some(&self.bytes)
    }
}

/// The Python literal of a header: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn parse_header(header: &str) -> Result<(String, bool, Vec<usize>)> {
    let field = |name: &str| -> Result<&str> {
        let wrong = || damaged(format!("the header of the .npy file has no '{name}'"));
        let start = [format!("'{name}'"), format!("\"{name}\"")]
            .iter()
            .find_map(|quoted| header.find(quoted.as_str()).map(|at| at + quoted.len()))
            .ok_or_else(wrong)?;
        let rest = header.get(start..).ok_or_else(wrong)?.trim_start();
        Ok(rest.strip_prefix(':').ok_or_else(wrong)?.trim_start())
    };
    let descr = field("descr")?;
    let Some(quote) = descr.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        return Err(Error::not_implemented(
            "arrays with fields (structured dtypes) cannot be read",
            "save each field as an array of its own",
        ));
    };
    let code = descr[1..].split(quote).next().unwrap_or("").to_owned();
    let fortran = field("fortran_order")?.starts_with("True");
    let shape = field("shape")?;
    let inside = shape
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .ok_or_else(|| damaged("the header of the .npy file has no shape"))?
        .0;
    let lengths = inside
        .split(',')
        .map(|n| n.trim().trim_end_matches('L'))
        .filter(|n| !n.is_empty())
        .map(|n| n.parse::<usize>().map_err(|_| damaged(format!("'{n}' is no length of an axis"))))
        .collect::<Result<Vec<usize>>>()?;
    if lengths.len() > 64 {
        return Err(damaged("the .npy file has more than 64 axes"));
    }
    Ok((code, fortran, lengths))
}

/// Elements in Fortran order, put into C order.
fn to_c_order(bytes: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = vec![0; shape.len()];
    for _ in 0..shape.iter().product::<usize>() {
        let at: usize = index.iter().zip(&strides).map(|(i, stride)| i * stride).sum();
        out.extend_from_slice(&bytes[at * size..(at + 1) * size]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    out
}

/// An open `.npz` file.
pub struct Npz {
    archive: zip::ZipArchive<Box<dyn ReadSeek>>,
    length: u64,
}

/// What an archive can be read from.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Entries may be compressed at most this much; deflate cannot do better than about 1032.
const HIGHEST_RATIO: u64 = 1040;

impl Npz {
    /// Opens a file.
    pub fn open(path: &std::path::Path) -> Result<Npz> {
        let file = crate::disk::open(path).map_err(|error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => ErrorKind::FileNotFound,
                _ => ErrorKind::Io,
            };
            Error::new(kind, format!("cannot read {}: {error}", path.display()))
        })?;
        let length = file.metadata().map_or(0, |data| data.len());
        Npz::read(Box::new(std::io::BufReader::new(file)), length)
    }

    /// Opens a file that is in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Npz> {
        let length = bytes.len() as u64;
        Npz::read(Box::new(Cursor::new(bytes)), length)
    }

    fn read(source: Box<dyn ReadSeek>, length: u64) -> Result<Npz> {
        let archive = zip::ZipArchive::new(source)
            .map_err(|error| damaged(format!("this is no .npz file: {error}")))?;
        Ok(Npz { archive, length })
    }

    /// The names of the arrays, without `.npy`.
    pub fn names(&self) -> Vec<String> {
        self.archive
            .file_names()
            .filter_map(std::result::Result::ok)
            .map(|name| name.strip_suffix(".npy").unwrap_or(&name).to_owned())
            .collect()
    }

    /// Reads one array.
    pub fn array(&mut self, name: &str) -> Result<Npy> {
        let known = self.names();
        let full = format!("{name}.npy");
        let entry = if self.archive.index_for_name(&full).is_some() { &full } else { name };
        let file = self.archive.by_name(entry).map_err(|error| match error {
            zip::result::ZipError::FileNotFound => {
                Error::value(format!("the .npz file has no array '{name}'"))
                    .expected(known.join(", "))
            }
            other => damaged(format!("cannot read '{name}' of the .npz file: {other}")),
        })?;
        let size = file.size();
        if size > self.length.saturating_mul(HIGHEST_RATIO) {
            return Err(damaged(format!(
                "'{name}' of the .npz file claims {size} bytes, more than can be in it"
            )));
        }
        // Memory grows with what is really there, whatever the entry claims.
        let mut bytes = Vec::new();
        file.take(size)
            .read_to_end(&mut bytes)
            .map_err(|error| damaged(format!("cannot read '{name}' of the .npz file: {error}")))?;
        Npy::parse(&bytes)
    }
}

/// The content of a `.npz` file with these arrays.
pub fn npz_to_bytes(arrays: &[(String, Npy)], compressed: bool) -> Result<Vec<u8>> {
    let method = match compressed {
        true => zip::CompressionMethod::Deflated,
        false => zip::CompressionMethod::Stored,
    };
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Io, format!("cannot write the .npz file: {error}"))
    };
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, array) in arrays {
        let large = array.bytes.len() >= u32::MAX as usize;
        let options =
            zip::write::SimpleFileOptions::default().compression_method(method).large_file(large);
        writer.start_file(format!("{name}.npy"), options).map_err(|error| failed(&error))?;
        writer.write_all(&array.to_bytes()).map_err(|error| failed(&error))?;
    }
    let file = writer.finish().map_err(|error| failed(&error))?;
    Ok(file.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Npy {
        let bytes = [1.5_f32, -2.0, 3.25, 4.0, 5.0, 6.0].iter().flat_map(|x| x.to_le_bytes());
        Npy { shape: vec![2, 3], dtype: NpyType::Float32, bytes: bytes.collect() }
    }

    #[test]
    fn arrays_survive_writing_and_reading() {
        let file = sample().to_bytes();
        assert_eq!((file.len() - 24) % 64, 0);
        assert_eq!(Npy::parse(&file).unwrap(), sample());
        for compressed in [false, true] {
            let arrays = [("x".to_owned(), sample()), ("y".to_owned(), sample())];
            let file = npz_to_bytes(&arrays, compressed).unwrap();
            let mut npz = Npz::from_bytes(file).unwrap();
            assert_eq!(npz.names().len(), 2);
            assert_eq!(npz.array("y").unwrap(), sample());
            assert!(npz.array("z").is_err());
        }
    }

    #[test]
    fn other_orders_are_understood() {
        let header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2), }\n";
        let mut file = MAGIC.to_vec();
        file.extend([1, 0]);
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend([0, 1, 0, 2, 0, 3, 0, 4]);
        assert_eq!(Npy::parse(&file).unwrap().to_f64().unwrap(), [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn damaged_files_are_errors() {
        let whole = sample().to_bytes();
        for end in 0..whole.len() {
            assert!(Npy::parse(&whole[..end]).is_err(), "{end}");
        }
        for shape in ["(99999999999, 99999999999)", "(-1,)", "(x,)", "()()", "(4294967296, 8)"] {
            let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
            let mut file = MAGIC.to_vec();
            file.extend([1, 0]);
            file.extend((header.len() as u16).to_le_bytes());
            file.extend(header.as_bytes());
            assert!(Npy::parse(&file).is_err(), "{shape}");
        }
        let archive = npz_to_bytes(&[("x".to_owned(), sample())], true).unwrap();
        for i in 0..archive.len() {
            let mut broken = archive.clone();
            broken[i] ^= 0x55;
            if let Ok(mut npz) = Npz::from_bytes(broken) {
                for name in npz.names() {
                    let _ = npz.array(&name);
                }
            }
            let _ = Npz::from_bytes(archive[..i].to_vec());
        }
    }
}
