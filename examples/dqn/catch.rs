//! The game: a ball falls a row with each move; the paddle in the last row goes left, stays or goes right.

use ondol::prelude::*;

const ROWS: usize = 6;
const COLUMNS: usize = 5;
pub(crate) const CELLS: usize = ROWS * COLUMNS;

pub(crate) struct Catch {
    ball: (usize, usize),
    paddle: usize,
}

impl Catch {
    pub(crate) fn new() -> Self {
        let column = Tensor::randint(0, COLUMNS as i64, 1).item() as usize;
        Self {
            ball: (0, column),
            paddle: COLUMNS / 2,
        }
    }

    /// Where ball and paddle are, as a picture of one row.
    pub(crate) fn state(&self) -> Vec<f32> {
        let mut cells = vec![0.0; CELLS];
        cells[self.ball.0 * COLUMNS + self.ball.1] = 1.0;
        cells[(ROWS - 1) * COLUMNS + self.paddle] += 1.0;
        cells
    }

    /// The reward, 1 for a ball that is caught and −1 for one that is not, and whether the game is over.
    pub(crate) fn step(&mut self, action: usize) -> (f32, bool) {
        self.paddle = (self.paddle + action).saturating_sub(1).min(COLUMNS - 1);
        self.ball.0 += 1;
        let over = self.ball.0 == ROWS - 1;
        let caught = if self.ball.1 == self.paddle {
            1.0
        } else {
            -1.0
        };
        (if over { caught } else { 0.0 }, over)
    }
}
