//! From a place in the emitted Rhai source back to the user's line and column.

/// Where tokens of the emitted source came from.
#[derive(Debug, Default, Clone)]
pub(crate) struct Positions {
    /// Byte offset in the emitted source, byte offset in the user's text; ascending.
    marks: Vec<(u32, u32)>,
    /// Byte offsets at which the emitted lines start.
    lines: Vec<u32>,
}

impl Positions {
    /// The map of `emitted` (which is ASCII, so that columns are bytes).
    pub(crate) fn new(emitted: &str, marks: Vec<(u32, u32)>) -> Self {
        let starts = emitted.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let lines = std::iter::once(0).chain(starts.map(|(at, _)| (at + 1) as u32)).collect();
        Positions { marks, lines }
    }

    /// The offset in the user's text for a position in the emitted source.
    pub(crate) fn offset(&self, position: rhai::Position) -> Option<usize> {
        let start = self.lines.get(position.line()?.checked_sub(1)?)?;
        let emitted = start + position.position()?.saturating_sub(1) as u32;
        let after = self.marks.partition_point(|mark| mark.0 <= emitted);
        self.marks.get(after.checked_sub(1)?).map(|mark| mark.1 as usize)
    }
}

/// One-based line and column (in characters), and the line's text, of a byte offset.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize, &str) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = text[..start].bytes().filter(|b| *b == b'\n').count() + 1;
    let column = text[start..offset].chars().count() + 1;
    (line, column, text[start..].lines().next().unwrap_or(""))
}
