//! Tables in the binary. `DATA_LICENSES.md` beside the files says where each comes from.

use crate::error::{Error, Result};
use flate2::read::GzDecoder;
use std::io::Read;

/// A bundled table.
pub struct Bundled {
    /// Its name: `iris`.
    pub name: &'static str,
    /// What it is, in Markdown.
    pub doc: &'static str,
    /// The column to predict.
    pub target: &'static str,
    compressed: &'static [u8],
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers; a missing one is NaN.
    Numbers(Vec<f64>),
    /// Words; a missing one is empty.
    Words(Vec<String>),
}

/// Columns by name, all of one length.
pub type Table = Vec<(String, Column)>;

macro_rules! bundled {
    ($name:literal, $target:literal, $doc:literal) => {
        Bundled {
            name: $name,
            doc: $doc,
            target: $target,
            compressed: include_bytes!(concat!("data/", $name, ".csv.gz")),
        }
    };
}

/// All bundled tables.
pub static BUNDLED: &[Bundled] = &[
    bundled!(
        "digits",
        "digit",
        "1,797 handwritten digits of 8 x 8 pixels, 0 to 16 (UCI, Alpaydin and Kaynak, 1998)."
    ),
    bundled!(
        "iris",
        "species",
        "150 iris flowers of three species, measured in centimetres (Fisher, 1936)."
    ),
    bundled!(
        "wine",
        "class",
        "178 wines of three cultivars, 13 chemical measures (UCI, Forina et al., 1991)."
    ),
    bundled!(
        "breast_cancer",
        "benign",
        "569 tumours, 30 measures of their cells; 1 is benign (UCI, Wolberg et al., 1995)."
    ),
    bundled!(
        "diabetes",
        "progression",
        "442 patients, ten measures, progression after a year (Efron et al., 2004)."
    ),
    bundled!(
        "auto_mpg",
        "mpg",
        "392 cars, 1970 to 1982, and their miles per gallon (UCI, Quinlan, 1993)."
    ),
    bundled!(
        "penguins",
        "species",
        "344 penguins of three species from Palmer Station (Horst, Hill, Gorman, 2020)."
    ),
    bundled!(
        "airline_passengers",
        "passengers",
        "Monthly passengers in thousands, 1949 to 1960 (Box and Jenkins, 1976)."
    ),
];

impl Bundled {
    /// The table.
    pub fn load(&self) -> Result<Table> {
        let mut text = String::new();
        GzDecoder::new(self.compressed).read_to_string(&mut text)?;
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        if let Some(odd) = rows.iter().find(|row| row.len() != names.len()) {
            return Err(Error::value(format!("the bundled table {} is damaged", self.name))
                .received(odd.join(",")));
        }
        let column = |i: usize| {
            let is_number =
                rows.iter().all(|row| row[i].is_empty() || row[i].parse::<f64>().is_ok());
            match is_number {
                true => Column::Numbers(
                    rows.iter().map(|row| row[i].parse().unwrap_or(f64::NAN)).collect(),
                ),
                false => Column::Words(rows.iter().map(|row| row[i].to_owned()).collect()),
            }
        };
        Ok(names.iter().enumerate().map(|(i, name)| ((*name).to_owned(), column(i))).collect())
    }
}

/// 5,000 digits of MNIST, 500 of each, in a fixed random order: pixels `[5000, 28, 28]` and labels.
pub fn mnist_small() -> Result<(Vec<u8>, Vec<u8>)> {
    const IMAGES: usize = 5000;
    let mut bytes = Vec::with_capacity(IMAGES * 785);
    GzDecoder::new(&include_bytes!("data/mnist_small.gz")[..]).read_to_end(&mut bytes)?;
    if bytes.len() != IMAGES * 785 {
        return Err(Error::value("the bundled digits are damaged")
            .received(format!("{} bytes", bytes.len())));
    }
    let labels = bytes.split_off(IMAGES * 784);
    Ok((bytes, labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_its_target_and_the_number_of_rows_that_its_text_names() {
        for (table, rows) in BUNDLED.iter().zip([1797, 150, 178, 569, 442, 392, 344, 144]) {
            let columns = table.load().unwrap();
            assert!(columns.iter().any(|(name, _)| name == table.target), "{}", table.name);
            for (name, column) in &columns {
                let length = match column {
                    Column::Numbers(numbers) => numbers.len(),
                    Column::Words(words) => words.len(),
                };
                assert_eq!(length, rows, "{} {name}", table.name);
            }
        }
    }

    #[test]
    fn the_digits_are_five_hundred_of_each() {
        let (pixels, labels) = mnist_small().unwrap();
        assert_eq!(pixels.len(), 5000 * 784);
        for digit in 0..10 {
            assert_eq!(labels.iter().filter(|label| **label == digit).count(), 500);
        }
    }
}
