//! Weight files: a tree of groups and arrays, to and from HDF5. The only file that knows the HDF5 crate.

use crate::error::{Error, ErrorKind, Result};
use candle_core::{CpuStorage, Device, Storage, Tensor as Array};
use half::{bf16, f16};
use hdf5_pure::{
    AttrValue, DType as FileType, Datatype, DatatypeByteOrder, File, FileBuilder,
    FloatingPointLayout,
};

/// A group: arrays and groups by name.
#[derive(Default)]
pub(super) struct Group {
    /// The attribute `name` of a `vars` group: informational.
    pub(super) label: Option<String>,
    /// Arrays, in order.
    pub(super) arrays: Vec<(String, Array)>,
    /// Groups, in order.
    pub(super) groups: Vec<(String, Group)>,
}

/// A corrupt file can hold a group that contains itself; genuine ones stay far below these.
const MOST_DEPTH: usize = 24;
const MOST_NODES: usize = 20_000;

impl Group {
    /// The group at a path, made if it is missing.
    pub(super) fn at(&mut self, path: &str) -> &mut Group {
        let mut group = self;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let position = match group.groups.iter().position(|(name, _)| name == part) {
                Some(position) => position,
                None => {
                    group.groups.push((part.to_owned(), Group::default()));
                    group.groups.len() - 1
                }
            };
            group = &mut group.groups[position].1;
        }
        group
    }

    /// The group at a path, if it is there.
    pub(super) fn find(&self, path: &str) -> Option<&Group> {
        path.split('/').filter(|part| !part.is_empty()).try_fold(self, |group, part| {
            group.groups.iter().find(|(name, _)| name == part).map(|(_, group)| group)
        })
    }

    /// The arrays by their numbers: names sort as text in a file, so `10` would come before `2`.
    pub(super) fn numbered(&self) -> Vec<&Array> {
        let mut numbered: Vec<(usize, &Array)> = self
            .arrays
            .iter()
            .filter_map(|(name, array)| Some((name.parse().ok()?, array)))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, array)| array).collect()
    }
}

fn unreadable(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("the weights cannot be {what}"))
        .received(error.to_string())
        .hint("the file may be incomplete: copy or save it again")
}

/// The bytes of an HDF5 file.
pub(super) fn write(root: &Group) -> Result<Vec<u8>> {
    fn fill(builder: &mut hdf5_pure::GroupBuilder, group: &Group) -> Result<()> {
        if let Some(label) = &group.label {
            builder.set_attr("name", AttrValue::String(label.clone()));
        }
        for (name, array) in &group.arrays {
            put(builder.create_dataset(name), array)?;
        }
        for (name, inner) in &group.groups {
            let mut child = builder.create_group(name);
            fill(&mut child, inner)?;
            builder.add_group(child.finish());
        }
        Ok(())
    }
    let mut file = FileBuilder::new();
    for (name, group) in &root.groups {
        let mut builder = file.create_group(name);
        fill(&mut builder, group)?;
        file.add_group(builder.finish());
    }
    for (name, array) in &root.arrays {
        put(file.create_dataset(name), array)?;
    }
    file.finish().map_err(|error| unreadable("written", &error))
}

/// Half precision: a sign, 5 bits of exponent, 10 of mantissa.
fn half_type() -> Datatype {
    Datatype::FloatingPoint {
        size: 2,
        byte_order: DatatypeByteOrder::LittleEndian,
        layout: FloatingPointLayout {
            bit_offset: 0,
            bit_precision: 16,
            exponent_location: 10,
            exponent_size: 5,
            mantissa_location: 0,
            mantissa_size: 10,
            exponent_bias: 15,
        },
    }
}

fn put(dataset: &mut hdf5_pure::DatasetBuilder, array: &Array) -> Result<()> {
    let array = array.to_device(&Device::Cpu)?.force_contiguous()?;
    let shape: Vec<u64> = array.dims().iter().map(|size| *size as u64).collect();
    let (storage, layout) = array.storage_and_layout();
    let span = layout.start_offset()..layout.start_offset() + layout.shape().elem_count();
    let dataset = match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) => dataset.with_f32_data(&values[span]),
        Storage::Cpu(CpuStorage::F64(values)) => dataset.with_data(&values[span]),
        Storage::Cpu(CpuStorage::F16(values)) => {
            let bytes = values[span].iter().flat_map(|value| value.to_le_bytes()).collect();
            dataset.with_raw_data(half_type(), bytes, array.elem_count() as u64)
        }
        // As h5py writes what Keras gives it: a type that HDF5 does not know, and its name beside it.
        Storage::Cpu(CpuStorage::BF16(values)) => {
            let bytes = values[span].iter().flat_map(|value| value.to_le_bytes()).collect();
            let opaque = Datatype::Opaque { size: 2, tag: Vec::new() };
            dataset.with_raw_data(opaque, bytes, array.elem_count() as u64);
            dataset.set_attr("dtype", AttrValue::VarLenString("bfloat16".to_owned()))
        }
        Storage::Cpu(CpuStorage::I64(values)) => dataset.with_i64_data(&values[span]),
        Storage::Cpu(CpuStorage::I32(values)) => dataset.with_data(&values[span]),
        Storage::Cpu(CpuStorage::U32(values)) => dataset.with_data(&values[span]),
        Storage::Cpu(CpuStorage::U8(values)) => dataset.with_data(&values[span]),
        _ => {
            return Err(Error::type_error("this element type cannot be saved")
                .received(format!("{:?}", array.dtype())));
        }
    };
    dataset.with_shape(&shape);
    Ok(())
}

/// The tree of an HDF5 file.
pub(super) fn read(bytes: Vec<u8>) -> Result<Group> {
    fn walk(group: &hdf5_pure::Group, depth: usize, nodes: &mut usize) -> Result<Group> {
        *nodes += 1;
        if depth > MOST_DEPTH || *nodes > MOST_NODES {
            return Err(unreadable("read", &"the groups are nested without end"));
        }
        let mut tree = Group::default();
        for name in group.datasets().map_err(|error| unreadable("read", &error))? {
            *nodes += 1;
            if *nodes > MOST_NODES {
                return Err(unreadable("read", &"there are too many arrays"));
            }
            let dataset = group.dataset(&name).map_err(|error| unreadable("read", &error))?;
            // Text and other types hold no weights.
            if let Some(array) = get(&dataset)? {
                tree.arrays.push((name, array));
            }
        }
        for name in group.groups().map_err(|error| unreadable("read", &error))? {
            let inner = group.group(&name).map_err(|error| unreadable("read", &error))?;
            tree.groups.push((name, walk(&inner, depth + 1, nodes)?));
        }
        Ok(tree)
    }
    let file = File::from_bytes(bytes).map_err(|error| unreadable("read", &error))?;
    walk(&file.root(), 0, &mut 0)
}

fn get(dataset: &hdf5_pure::Dataset) -> Result<Option<Array>> {
    let fail = |error: hdf5_pure::Error| unreadable("read", &error);
    let shape: Vec<usize> = dataset
        .shape()
        .map_err(fail)?
        .iter()
        .filter_map(|size| usize::try_from(*size).ok())
        .collect();
    let count = shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    let device = &Device::Cpu;
    fn whole<T: candle_core::WithDType>(
        values: Vec<T>,
        shape: &[usize],
        count: Option<usize>,
        device: &Device,
    ) -> Result<Array> {
        if count != Some(values.len()) {
            return Err(unreadable("read", &"an array is shorter than its shape says"));
        }
        Ok(Array::from_vec(values, shape, device)?)
    }
    let array = match dataset.dtype().map_err(fail)? {
        FileType::F32 => whole(dataset.read::<f32>().map_err(fail)?, &shape, count, device)?,
        FileType::F64 => whole(dataset.read::<f64>().map_err(fail)?, &shape, count, device)?,
        FileType::I64 => whole(dataset.read::<i64>().map_err(fail)?, &shape, count, device)?,
        FileType::I32 => whole(dataset.read::<i32>().map_err(fail)?, &shape, count, device)?,
        FileType::U8 => whole(dataset.read::<u8>().map_err(fail)?, &shape, count, device)?,
        FileType::U32 => whole(dataset.read::<u32>().map_err(fail)?, &shape, count, device)?,
        FileType::Other(other) => {
            let bytes = dataset.read_raw().map_err(fail)?;
            let pairs = bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
            match *other {
                Datatype::FloatingPoint {
                    size: 2,
                    byte_order: DatatypeByteOrder::LittleEndian,
                    ..
                } => whole(pairs.map(f16::from_le_bytes).collect(), &shape, count, device)?,
                Datatype::Opaque { size: 2, .. } => {
                    whole(pairs.map(bf16::from_le_bytes).collect(), &shape, count, device)?
                }
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(array))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::DType;

    #[test]
    fn every_element_type_comes_back_as_it_was() {
        let types = [DType::F32, DType::F64, DType::F16, DType::BF16, DType::I64, DType::I32];
        let numbers = Array::from_vec(vec![1.5_f32, -2.0, 0.25, 300.0], (2, 2), &Device::Cpu);
        let numbers = numbers.unwrap();
        let mut root = Group::default();
        for (i, dtype) in types.into_iter().enumerate() {
            root.at("vars").arrays.push((i.to_string(), numbers.to_dtype(dtype).unwrap()));
        }
        let found = read(write(&root).unwrap()).unwrap();
        for (array, dtype) in found.find("vars").unwrap().numbered().into_iter().zip(types) {
            assert_eq!(array.dtype(), dtype);
            let wanted = numbers.to_dtype(dtype).unwrap().to_dtype(DType::F64).unwrap();
            let wanted = wanted.to_vec2::<f64>().unwrap();
            assert_eq!(array.to_dtype(DType::F64).unwrap().to_vec2::<f64>().unwrap(), wanted);
        }
    }
}
