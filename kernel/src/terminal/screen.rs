//! Where the cursor is, as far as it follows from the text that was written: enough to redraw a display in place.

/// The cursor, in rows since the start of the cell.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Rows below the start.
    pub(crate) row: usize,
    /// Columns from the left.
    pub(crate) column: usize,
}

impl Screen {
    /// Follows a text on a terminal of `width` columns.
    pub(crate) fn advance(&mut self, text: &str, width: usize) {
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            match c {
                '\n' => (self.row, self.column) = (self.row + 1, 0),
                '\r' => self.column = 0,
                '\u{8}' => self.column = self.column.saturating_sub(1),
                '\t' => self.column = (self.column / 8 + 1) * 8,
                '\x1b' => skip_escape(&mut characters),
                c => self.put(columns_of(c), width),
            }
        }
    }

    fn put(&mut self, columns: usize, width: usize) {
        // The cursor waits behind the last column until a further character comes.
        if columns > 0 && self.column + columns > width {
            (self.row, self.column) = (self.row + 1, 0);
        }
        self.column += columns;
    }
}

/// How many rows a text takes that starts in the first column and ends with a newline.
pub(crate) fn rows_of(text: &str, width: usize) -> usize {
    let mut screen = Screen::default();
    screen.advance(text, width);
    screen.row
}

fn skip_escape(characters: &mut std::str::Chars<'_>) {
    match characters.next() {
        // `CSI parameters letter`
        Some('[') => {
            characters.find(|c| ('@'..='~').contains(c));
        }
        // Strings (links, titles, pictures) end with BEL or ESC \.
        Some(']' | '_' | 'P') => {
            characters.find(|c| matches!(c, '\u{7}' | '\\'));
        }
        _ => {}
    }
}

/// Columns of a character: 0 for marks that combine, 2 for East Asian wide ones and emoji, else 1.
fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0..=0x1f | 0x7f..=0x9f | 0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_follows_what_is_written() {
        for (text, row, column) in [
            ("abc", 0, 3),
            ("abc\n", 1, 0),
            ("abcdefghij", 0, 10),
            ("abcdefghijk", 1, 1),
            ("abcdefghij\n", 1, 0),
            ("abc\rx", 0, 1),
            ("\x1b[31mred\x1b[0m", 0, 3),
            ("\x1b]8;;https://keras.io\x1b\\x", 0, 1),
            ("漢字e\u{301}", 0, 5),
            ("\ta", 0, 9),
        ] {
            let mut screen = Screen::default();
            screen.advance(text, 10);
            assert_eq!((screen.row, screen.column), (row, column), "{text:?}");
        }
    }
}
