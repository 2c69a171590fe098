//! Einstein sums: products of tensors whose axes have letters.

use super::shape::permute;
use super::{matmul, multiply, promoted, sum};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// `einsum("bij,bjk->bik", [a, b])`: letters that are missing behind the arrow are summed over; `...` stands for leading
/// axes that are kept.
pub fn einsum(equation: &str, tensors: &[Tensor]) -> Result<Tensor> {
    let refuse = |what: &str| {
        Error::value(format!("einsum: {what}"))
            .received(format!(
                "{equation:?} for {}",
                tensors.iter().map(|x| format!("{:?}", x.shape())).collect::<Vec<_>>().join(", ")
            ))
            .expected("a form such as \"bij,bjk->bik\"")
    };
    let text: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match text.split_once("->") {
        Some((left, right)) => (left.to_owned(), Some(right.to_owned())),
        None => (text.clone(), None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != tensors.len() || tensors.is_empty() {
        return Err(refuse("there must be one term per tensor"));
    }
    // Letters of `...` are capitals from a private range, counted from the last axis.
    let hidden =
        |i: usize| char::from_u32(0xE000 + u32::try_from(i).unwrap_or(0)).unwrap_or('\u{E000}');
    let mut most_hidden = 0;
    let mut letters: Vec<Vec<char>> = Vec::new();
    for (term, tensor) in terms.iter().zip(tensors) {
        let named = term.replace("...", "").chars().count();
        let rank = tensor.shape().len();
        if named > rank || (named < rank && !term.contains("...")) {
            return Err(refuse(&format!(
                "{term:?} names {named} axes of a tensor that has {rank}"
            )));
        }
        let extra = rank - named;
        most_hidden = most_hidden.max(extra);
        let mut own = Vec::with_capacity(rank);
        let mut parts = term.splitn(2, "...");
        own.extend(parts.next().unwrap_or("").chars());
        if let Some(rest) = parts.next() {
            own.extend((0..extra).rev().map(hidden));
            own.extend(rest.chars());
        }
        letters.push(own);
    }
    if letters.iter().flatten().any(|c| !c.is_ascii_alphabetic() && *c < '\u{E000}') {
        return Err(refuse("axes are named by letters"));
    }
    let output: Vec<char> = match right {
        Some(right) => {
            let mut output = Vec::new();
            let mut parts = right.splitn(2, "...");
            output.extend(parts.next().unwrap_or("").chars());
            if let Some(rest) = parts.next() {
                output.extend((0..most_hidden).rev().map(hidden));
                output.extend(rest.chars());
            }
            output
        }
        None => {
            // Without an arrow: letters that stand once, in alphabetical order.
            let all: Vec<char> = letters.iter().flatten().copied().collect();
            let mut once: Vec<char> = all
                .iter()
                .filter(|c| **c < '\u{E000}' && all.iter().filter(|d| d == c).count() == 1)
                .copied()
                .collect();
            once.sort_unstable();
            (0..most_hidden).rev().map(hidden).chain(once).collect()
        }
    };
    if let Some(letter) = output.iter().find(|c| !letters.iter().any(|own| own.contains(c))) {
        return Err(refuse(&format!("the letter {letter} behind the arrow stands in no term")));
    }
    let mut terms: Vec<(Tensor, Vec<char>)> = Vec::new();
    for (tensor, own) in tensors.iter().zip(letters) {
        terms.push(diagonals(tensor.clone(), own)?);
    }
    let mut terms = terms.into_iter();
    let Some(mut result) = terms.next() else { return Err(refuse("there is no tensor")) };
    let rest: Vec<(Tensor, Vec<char>)> = terms.collect();
    for (i, term) in rest.iter().enumerate() {
        let needed = |c: &char| {
            output.contains(c) || rest[i + 1..].iter().any(|(_, letters)| letters.contains(c))
        };
        result = contract(result, term.clone(), &needed)
            .map_err(|error| error.within(format!("einsum {equation:?}")))?;
    }
    let (mut tensor, mut own) = result;
    let summed: Vec<i64> = (0..own.len())
        .filter(|i| !output.contains(&own[*i]))
        .map(|i| i64::try_from(i).unwrap_or(0))
        .collect();
    if !summed.is_empty() {
        tensor = sum(&tensor, Some(&summed), false)?;
        own.retain(|c| output.contains(c));
    }
    let order: Vec<usize> = output.iter().filter_map(|c| own.iter().position(|d| d == c)).collect();
    permute(&tensor, &order)
}

/// A letter that stands twice in one term takes the diagonal.
fn diagonals(mut tensor: Tensor, mut letters: Vec<char>) -> Result<(Tensor, Vec<char>)> {
    while let Some((i, j)) = (0..letters.len())
        .find_map(|i| (i + 1..letters.len()).find(|j| letters[*j] == letters[i]).map(|j| (i, j)))
    {
        let size = tensor.shape()[i];
        if tensor.shape()[j] != size {
            return Err(Error::value("einsum: a letter that stands twice needs equal axes")
                .received(format!("{:?}", tensor.shape())));
        }
        let last = letters.len() - 1;
        let mut order: Vec<usize> = (0..letters.len()).filter(|k| *k != i && *k != j).collect();
        let letter = letters[i];
        letters = order.iter().map(|k| letters[*k]).collect();
        order.extend([i, j]);
        let moved = permute(&tensor, &order)?;
        let mask = super::create::band(size, size, tensor.dtype(), |offset| offset == 0)?;
        tensor = sum(&multiply(&moved, &mask)?, Some(&[i64::try_from(last).unwrap_or(-1)]), false)?;
        letters.push(letter);
    }
    Ok((tensor, letters))
}

/// Two terms as one batched product.
fn contract(
    (a, a_letters): (Tensor, Vec<char>),
    (b, b_letters): (Tensor, Vec<char>),
    needed: &dyn Fn(&char) -> bool,
) -> Result<(Tensor, Vec<char>)> {
    promoted(a.dtype(), b.dtype())?;
    // What only one of them has and nobody needs is summed first.
    let reduce = |x: Tensor, own: Vec<char>, other: &[char]| -> Result<(Tensor, Vec<char>)> {
        let gone: Vec<i64> = (0..own.len())
            .filter(|i| !needed(&own[*i]) && !other.contains(&own[*i]))
            .map(|i| i64::try_from(i).unwrap_or(0))
            .collect();
        if gone.is_empty() {
            return Ok((x, own));
        }
        let kept = own.iter().filter(|c| needed(c) || other.contains(c)).copied().collect();
        Ok((sum(&x, Some(&gone), false)?, kept))
    };
    let (a, a_letters) = reduce(a, a_letters, &b_letters)?;
    let (b, b_letters) = reduce(b, b_letters, &a_letters)?;
    let shared = |c: &&char| b_letters.contains(c);
    let batch: Vec<char> = a_letters.iter().filter(shared).filter(|c| needed(c)).copied().collect();
    let inner: Vec<char> =
        a_letters.iter().filter(shared).filter(|c| !needed(c)).copied().collect();
    let rows: Vec<char> = a_letters.iter().filter(|c| !b_letters.contains(c)).copied().collect();
    let columns: Vec<char> = b_letters.iter().filter(|c| !a_letters.contains(c)).copied().collect();
    let arrange = |x: &Tensor, own: &[char], groups: [&[char]; 3]| -> Result<Tensor> {
        let order: Vec<usize> = groups
            .iter()
            .flat_map(|group| group.iter())
            .filter_map(|c| own.iter().position(|d| d == c))
            .collect();
        permute(x, &order)
    };
    let size = |c: &char| -> usize {
        let own = |x: &Tensor, letters: &[char]| {
            letters.iter().position(|d| d == c).map_or(1, |i| x.shape()[i])
        };
        own(&a, &a_letters).max(own(&b, &b_letters))
    };
    for c in batch.iter().chain(&inner) {
        let place = |letters: &[char]| letters.iter().position(|d| d == c).unwrap_or(0);
        let (x, y) = (a.shape()[place(&a_letters)], b.shape()[place(&b_letters)]);
        if x != y && !(*c >= '\u{E000}' && (x == 1 || y == 1)) {
            return Err(Error::value(format!("the axis {c} has two sizes"))
                .received(format!("{x} and {y}")));
        }
    }
    let left = arrange(&a, &a_letters, [&batch, &rows, &inner])?;
    let right = arrange(&b, &b_letters, [&batch, &inner, &columns])?;
    let count = |letters: &[char]| letters.iter().map(size).product::<usize>();
    let lead: Vec<usize> = left.shape()[..batch.len()].to_vec();
    let right_lead: Vec<usize> = right.shape()[..batch.len()].to_vec();
    let with = |mut lead: Vec<usize>, sizes: [usize; 2]| {
        lead.extend(sizes);
        lead
    };
    let left = super::reshape(&left, &with(lead, [count(&rows), count(&inner)]))?;
    let right = super::reshape(&right, &with(right_lead, [count(&inner), count(&columns)]))?;
    let product = if inner.is_empty() && rows.is_empty() && columns.is_empty() {
        multiply(&left, &right)?
    } else {
        matmul(&left, &right)?
    };
    let letters: Vec<char> = [batch, rows, columns].concat();
    let shape: Vec<usize> = letters.iter().map(size).collect();
    Ok((super::reshape(&product, &shape)?, letters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{gradients, values};

    #[test]
    fn forms_of_equations() {
        for (equation, shapes) in [
            ("ij,jk->ik", &[&[2, 3][..], &[3, 4]][..]),
            ("bij,bjk->bik", &[&[2, 2, 3], &[2, 3, 2]]),
            ("bthd,bshd->bhts", &[&[2, 3, 2, 2], &[2, 4, 2, 2]]),
            ("abc,cd->abd", &[&[2, 2, 3], &[3, 2]]),
            ("...ij,jk->...ik", &[&[2, 2, 3], &[3, 2]]),
            ("i,j->ij", &[&[2], &[3]]),
            ("i,i->", &[&[3], &[3]]),
            ("ij->ji", &[&[2, 3]]),
            ("ij->", &[&[2, 3]]),
            ("ii->i", &[&[3, 3]]),
            ("ii", &[&[3, 3]]),
            ("ij,ij->ij", &[&[2, 3], &[2, 3]]),
            ("ab,bc,cd->ad", &[&[2, 3], &[3, 2], &[2, 2]]),
            ("ijk,ilm->ljm", &[&[2, 2, 3], &[2, 2, 2]]),
            ("ij,jk", &[&[2, 3], &[3, 4]]),
        ] {
            let inputs: Vec<Tensor> =
                shapes.iter().enumerate().map(|(i, s)| values(s, i as u64)).collect();
            gradients(equation, |x| einsum(equation, x), &inputs);
        }
        let a = values(&[2, 3], 1);
        let b = values(&[3, 4], 2);
        let by_einsum = einsum("ij,jk->ik", &[a.clone(), b.clone()]).unwrap();
        let by_product = matmul(&a, &b).unwrap();
        assert_eq!(
            crate::check::numbers(by_einsum.array()),
            crate::check::numbers(by_product.array())
        );
        assert!(einsum("ij,jk->ix", &[a, b]).is_err());
    }
}
