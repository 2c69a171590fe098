//! Losses of overlapping sets, and of pairs of embeddings.

use super::regression::pair;
use super::{EPSILON, loss};
use crate::error::{Error, Result};
use crate::ops;
use crate::tensor::Tensor;

fn total(x: &Tensor, axis: Option<&[i64]>) -> Result<Tensor> {
    ops::sum(x, axis, false)
}

fn complement(x: &Tensor) -> Result<Tensor> {
    ops::affine(x, -1.0, 1.0)
}

loss! {
    "1 - 2 |truth and prediction| / (|truth| + |prediction|), for segmentation (Milletari et al., 2016, arXiv:1606.04797)."
    Dice("Dice", "dice") {
        /// The axes over which one overlap is computed; `None` means all.
        axis: Option<Vec<i64>> = None,
    }
    |this, truth, prediction| {
        let (truth, prediction) = pair(truth, prediction)?;
        let axis = this.axis.as_deref();
        let overlap = total(&ops::multiply(&truth, &prediction)?, axis)?;
        let sizes = ops::add(&total(&truth, axis)?, &total(&prediction, axis)?)?;
        let share = ops::divide(&ops::scale(&overlap, 2.0)?, &ops::affine(&sizes, 1.0, EPSILON)?)?;
        complement(&share)
    }
}

loss! {
    "Dice with different prices for false positives and false negatives (Salehi et al., 2017, arXiv:1706.05721)."
    Tversky("Tversky", "tversky") {
        /// The price of a missed positive.
        alpha: f64 = 0.5,
        /// The price of a wrong positive.
        beta: f64 = 0.5,
        /// The axes over which one overlap is computed; `None` means all.
        axis: Option<Vec<i64>> = None,
    }
    |this, truth, prediction| {
        let (truth, prediction) = pair(truth, prediction)?;
        let axis = this.axis.as_deref();
        let overlap = total(&ops::multiply(&truth, &prediction)?, axis)?;
        let missed = total(&ops::multiply(&complement(&prediction)?, &truth)?, axis)?;
        let wrong = total(&ops::multiply(&prediction, &complement(&truth)?)?, axis)?;
        let price = ops::add(&ops::scale(&missed, this.alpha)?, &ops::scale(&wrong, this.beta)?)?;
        let whole = ops::affine(&ops::add(&overlap, &price)?, 1.0, EPSILON)?;
        complement(&ops::divide(&overlap, &whole)?)
    }
}

loss! {
    "Circle loss of embeddings: equal labels are drawn together, others driven apart (Sun et al., 2020, arXiv:2002.10857). Predictions are embeddings of length 1, targets integer labels."
    Circle("Circle", "circle") {
        /// Scale of the similarities.
        gamma: f64 = 80.0,
        /// How far the classes should be apart.
        margin: f64 = 0.4,
        /// Whether a sample's similarity with itself is left out.
        remove_diagonal: bool = true,
    }
    |this, truth, prediction| {
        let [batch, _] = prediction.shape() else {
            return Err(Error::value("Circle takes one embedding per sample")
                .received(format!("{:?}", prediction.shape()))
                .expected("[batch, features]"));
        };
        let labels = truth.to_f32_vec()?;
        if labels.len() != *batch {
            return Err(Error::value("Circle takes one label per sample")
                .received(format!("{:?}", truth.shape()))
                .expected(format!("[{batch}]")));
        }
        let mut same = Vec::with_capacity(batch * batch);
        let mut other = Vec::with_capacity(batch * batch);
        for i in 0..*batch {
            for j in 0..*batch {
                let equal = labels[i] == labels[j];
                same.push(u8::from(equal && !(this.remove_diagonal && i == j)));
                other.push(u8::from(!equal));
            }
        }
        let same = Tensor::from_vec(same, &[*batch, *batch])?;
        let other = Tensor::from_vec(other, &[*batch, *batch])?;
        let products = ops::matmul(prediction, &ops::permute(prediction, &[1, 0])?)?;
        let distance = ops::relu(&complement(&products)?)?;
        let margin = this.margin;
        // Weights are gradients' scales in the paper and take part in the derivative, as Keras has it.
        let log_sum = |mask: &Tensor, weight: Tensor, sign: f64, optimum: f64| -> Result<Tensor> {
            let kept = ops::cast(mask, prediction.dtype())?;
            let weight = ops::relu(&ops::multiply(&weight, &kept)?)?;
            let from_optimum = ops::affine(&distance, -1.0, optimum)?;
            let value = ops::scale(&ops::multiply(&weight, &from_optimum)?, sign * this.gamma)?;
            let nothing = ops::full(&[], f64::NEG_INFINITY, prediction.dtype())?;
            ops::logsumexp(&ops::where_(mask, &value, &nothing)?, Some(&[1]), false)
        };
        let positive = log_sum(&same, ops::affine(&distance, 1.0, margin)?, -1.0, margin)?;
        let negative =
            log_sum(&other, ops::affine(&distance, -1.0, 1.0 + margin)?, 1.0, 1.0 - margin)?;
        let value = ops::softplus(&ops::add(&positive, &negative)?)?;
        let above = ops::greater(&value, &ops::full(&[], 0.0, value.dtype())?)?;
        Ok(value.with_mask(Some(above.into_array())))
    }
}
