//! Columns of text.

use std::fmt;

/// Writes rows with each column as wide as its widest cell; the first to the left or right, the
/// others to the right.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    rows: &[Vec<String>],
    first_left: bool,
) -> fmt::Result {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            writeln!(f)?;
        }
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            if column > 0 {
                line.push_str("  ");
            }
            let cell = match column == 0 && first_left {
                true => format!("{cell:<width$}"),
                false => format!("{cell:>width$}"),
            };
            line.push_str(&cell);
        }
        write!(f, "{}", line.trim_end())?;
    }
    Ok(())
}
