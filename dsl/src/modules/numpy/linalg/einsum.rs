//! `np.einsum` with letters, an arrow and an ellipsis.

use std::collections::BTreeMap;

use crate::modules::numpy::arguments::check_size;
use crate::modules::numpy::arith::Op;
use crate::modules::numpy::array::Array;
use crate::modules::numpy::fold::{Fold, fold};
use crate::modules::numpy::ufunc::{Operand, binary};
use crate::runtime::{Exception, PyResult};

fn wrong(message: impl Into<String>) -> Box<Exception> {
    Exception::value_error(message)
}

/// Letters of the axes that an ellipsis stands for.
fn hidden(i: usize) -> char {
    char::from(b'0' + (i % 10) as u8)
}

/// Evaluates the operands from left to right; letters that no later operand and no result needs are summed at once.
pub(super) fn einsum(subscripts: &str, operands: &[Array]) -> PyResult<Array> {
    let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs.to_owned(), Some(output.to_owned())),
        None => (text.clone(), None),
    };
    let terms: Vec<&str> = inputs.split(',').collect();
    if terms.len() != operands.len() {
        return Err(wrong(if terms.len() > operands.len() {
            "more subscripts in einstein sum than operands"
        } else {
            "more operands provided to einstein sum function than specified in the subscripts string"
        }));
    }
    let mut widest = 0;
    for (term, operand) in terms.iter().zip(operands) {
        if term.contains("...") {
            let letters = term.replace("...", "").chars().count();
            widest = widest.max(operand.ndim().saturating_sub(letters));
        }
    }
    let mut sizes: BTreeMap<char, usize> = BTreeMap::new();
    let mut labelled = Vec::with_capacity(operands.len());
    for (n, (term, operand)) in terms.iter().zip(operands).enumerate() {
        let letters = term.replace("...", "").chars().count();
        let mut labels: Vec<char> = Vec::new();
        if let Some((before, after)) = term.split_once("...") {
            let count = operand.ndim().saturating_sub(letters);
            labels.extend(before.chars());
            labels.extend((widest - count..widest).map(hidden));
            labels.extend(after.chars());
        } else {
            labels.extend(term.chars());
        }
        if let Some(bad) = labels.iter().find(|c| !c.is_ascii_alphanumeric()) {
            return Err(wrong(format!(
                "invalid subscript '{bad}' in einstein sum subscripts string, subscripts must be \
                 letters"
            )));
        }
        if labels.len() != operand.ndim() {
            let relation = if labels.len() < operand.ndim() { "fewer" } else { "more" };
            return Err(wrong(match relation {
                "fewer" => format!(
                    "operand has more dimensions than subscripts given in einstein sum, but no \
                     '...' ellipsis provided to broadcast the extra dimensions. (operand {n})"
                ),
                _ => format!(
                    "einstein sum subscripts string contains too many subscripts for operand {n}"
                ),
            }));
        }
        for (&label, &length) in labels.iter().zip(operand.shape()) {
            let known = sizes.entry(label).or_insert(length);
            if *known == 1 {
                *known = length;
            } else if *known != length && length != 1 {
                return Err(wrong(format!(
                    "operands could not be broadcast together with remapped shapes \
                     [original->remapped]: axis '{label}' has the lengths {known} and {length}"
                )));
            }
        }
        labelled.push(diagonal(operand, labels));
    }
    let target: Vec<char> = match output {
        Some(output) => {
            let mut target = Vec::new();
            if let Some((before, after)) = output.split_once("...") {
                target.extend(before.chars());
                target.extend((0..widest).map(hidden));
                target.extend(after.chars());
            } else {
                target.extend(output.chars());
            }
            target
        }
        None => {
            // Letters that occur once, in alphabetical order, behind the axes of the ellipsis.
            let mut target: Vec<char> = (0..widest).map(hidden).collect();
            let mut once: Vec<char> = inputs.chars().filter(|c| c.is_ascii_alphabetic()).collect();
            once.sort_unstable();
            let all = once.clone();
            once.retain(|c| all.iter().filter(|other| *other == c).count() == 1);
            target.extend(once);
            target
        }
    };
    for label in &target {
        if !sizes.contains_key(label) {
            return Err(wrong(format!(
                "einstein sum subscripts string included output subscript '{label}' which never \
                 appeared in an input"
            )));
        }
    }
    let mut parts = labelled.into_iter();
    let Some((mut result, mut labels)) = parts.next() else {
        return Err(wrong(
            "must specify the einstein sum subscripts string and at least one operand",
        ));
    };
    let mut rest: Vec<(Array, Vec<char>)> = parts.collect();
    loop {
        let needed = |label: &char| {
            target.contains(label) || rest.iter().any(|(_, labels)| labels.contains(label))
        };
        let gone: Vec<usize> = (0..labels.len()).filter(|&axis| !needed(&labels[axis])).collect();
        if !gone.is_empty() {
            result = fold(Fold::Sum, &result, &gone, false, Some(result.dtype()))?;
            labels.retain(needed);
        }
        if rest.is_empty() {
            break;
        }
        let (other, other_labels) = rest.remove(0);
        (result, labels) = combine((result, labels), (other, other_labels), |label| {
            target.contains(&label) || rest.iter().any(|(_, labels)| labels.contains(&label))
        })?;
    }
    let order: Vec<usize> =
        target.iter().filter_map(|label| labels.iter().position(|other| other == label)).collect();
    if order.len() != labels.len() {
        return Err(wrong("einstein sum subscripts string includes an output subscript twice"));
    }
    let result = result.permuted(&order);
    let shape: Vec<usize> = target.iter().map(|label| sizes[label]).collect();
    Ok(result.broadcast_to(&shape)?.copy())
}

/// Letters that occur twice in one operand: their diagonal.
fn diagonal(array: &Array, labels: Vec<char>) -> (Array, Vec<char>) {
    let (mut shape, mut strides, mut kept) = (Vec::new(), Vec::new(), Vec::<char>::new());
    for ((&n, &stride), label) in array.shape.iter().zip(array.strides.iter()).zip(labels) {
        match kept.iter().position(|other| *other == label) {
            Some(at) => {
                strides[at] += stride;
                shape[at] = n.min(shape[at]);
            }
            None => {
                shape.push(n);
                strides.push(stride);
                kept.push(label);
            }
        }
    }
    (array.view(array.offset, shape, strides), kept)
}

/// The product of two labelled arrays, summed over the letters that nobody needs any more: a matrix product per batch.
fn combine(
    (a, a_labels): (Array, Vec<char>),
    (b, b_labels): (Array, Vec<char>),
    needed: impl Fn(char) -> bool,
) -> PyResult<(Array, Vec<char>)> {
    let size_of = |array: &Array, labels: &[char], label: char| {
        labels.iter().position(|other| *other == label).map(|at| array.shape()[at])
    };
    let shared: Vec<char> = a_labels.iter().copied().filter(|l| b_labels.contains(l)).collect();
    let broadcast = shared.iter().any(|&l| size_of(&a, &a_labels, l) != size_of(&b, &b_labels, l));
    let summed: Vec<char> = shared.iter().copied().filter(|&l| !needed(l)).collect();
    if broadcast || summed.is_empty() {
        // An elementwise product over all letters, then sums.
        let mut all = a_labels.clone();
        all.extend(b_labels.iter().filter(|l| !a_labels.contains(l)));
        let spread = |array: &Array, labels: &[char]| {
            let order: Vec<usize> = all
                .iter()
                .filter_map(|label| labels.iter().position(|other| other == label))
                .collect();
            let shape: Vec<usize> =
                all.iter().map(|&label| size_of(array, labels, label).unwrap_or(1)).collect();
            array.permuted(&order).reshaped(&shape)
        };
        let (x, y) = (spread(&a, &a_labels)?, spread(&b, &b_labels)?);
        let product = binary(Op::Multiply, &Operand::strong(x), &Operand::strong(y), None)?;
        return Ok((product, all));
    }
    let batch: Vec<char> = shared.iter().copied().filter(|&l| needed(l)).collect();
    let rows: Vec<char> = a_labels.iter().copied().filter(|l| !shared.contains(l)).collect();
    let columns: Vec<char> = b_labels.iter().copied().filter(|l| !shared.contains(l)).collect();
    let arrange = |array: &Array, labels: &[char], groups: [&[char]; 3]| {
        let order: Vec<usize> = groups
            .concat()
            .iter()
            .filter_map(|label| labels.iter().position(|other| other == label))
            .collect();
        let shape = groups.map(|group| {
            group.iter().filter_map(|&l| size_of(array, labels, l)).product::<usize>()
        });
        array.permuted(&order).reshaped(&shape)
    };
    let x = arrange(&a, &a_labels, [&batch, &rows, &summed])?;
    let y = arrange(&b, &b_labels, [&batch, &summed, &columns])?;
    let product = super::products::matmul(&x, &y)?;
    let labels = [&batch[..], &rows, &columns].concat();
    let shape: Vec<usize> = labels
        .iter()
        .filter_map(|&l| size_of(&a, &a_labels, l).or(size_of(&b, &b_labels, l)))
        .collect();
    check_size(shape.iter().product())?;
    Ok((product.reshaped(&shape)?, labels))
}
