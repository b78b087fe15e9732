//! Memory that each lane of a warp has of its own: local variables and parameters.

use crate::alu::registers::{LANES, Words};

/// Rows of 32-bit words, one column for each lane, with a note of which bytes were written.
#[derive(Clone, Debug, Default)]
pub(crate) struct LaneMemory {
    rows: Vec<Words>,
    /// Four bits for each word.
    written: Vec<[u8; LANES]>,
}

impl LaneMemory {
    /// Makes room for `bytes`. What is there stays.
    pub fn reserve(&mut self, bytes: usize) {
        let rows = bytes.div_ceil(4);
        if self.rows.len() < rows {
            self.rows.resize(rows, [0; LANES]);
            self.written.resize(rows, [0; LANES]);
        }
    }

    pub fn bytes(&self) -> usize {
        self.rows.len() * 4
    }

    /// Lets bytes from `start` on count as never written by the lanes of `mask`.
    pub fn forget(&mut self, start: usize, bytes: usize, mask: u32) {
        for row in &mut self.written[start / 4..(start + bytes).div_ceil(4)] {
            if mask == u32::MAX {
                *row = [0; LANES];
            } else {
                for (lane, written) in row.iter_mut().enumerate() {
                    if mask >> lane & 1 != 0 {
                        *written = 0;
                    }
                }
            }
        }
    }

    /// The row of words at a multiple of 4.
    #[inline(always)]
    pub fn row(&self, offset: usize) -> &Words {
        &self.rows[offset / 4]
    }

    /// Writes the lanes of `mask` of the word at a multiple of 4.
    #[inline(always)]
    pub fn set_row(&mut self, offset: usize, values: &Words, mask: u32) {
        let (row, written) = (&mut self.rows[offset / 4], &mut self.written[offset / 4]);
        if mask == u32::MAX {
            *row = *values;
            *written = [15; LANES];
            return;
        }
        for lane in 0..LANES {
            if mask >> lane & 1 != 0 {
                row[lane] = values[lane];
                written[lane] = 15;
            }
        }
    }

    /// Whether the lanes of `mask` wrote the whole word at a multiple of 4.
    #[inline(always)]
    pub fn row_written(&self, offset: usize, mask: u32) -> bool {
        let written = &self.written[offset / 4];
        let mut missing = 0;
        for (lane, written) in written.iter().enumerate() {
            missing |= u32::from(*written != 15) << lane;
        }
        missing & mask == 0
    }

    /// The value of `size` bytes of a lane, at a multiple of `size`.
    #[inline(always)]
    pub fn load(&self, lane: usize, offset: usize, size: u8) -> u64 {
        let low = u64::from(self.rows[offset / 4][lane]);
        match size {
            1 | 2 => (low >> (offset % 4 * 8)) & ((1 << (8 * size)) - 1),
            4 => low,
            _ => low | u64::from(self.rows[offset / 4 + 1][lane]) << 32,
        }
    }

    /// Whether a lane wrote `size` bytes at a multiple of `size`.
    #[inline(always)]
    pub fn is_written(&self, lane: usize, offset: usize, size: u8) -> bool {
        let low = self.written[offset / 4][lane];
        match size {
            1 | 2 => low >> (offset % 4) & ((1 << size) - 1) == (1 << size) - 1,
            4 => low == 15,
            _ => low & self.written[offset / 4 + 1][lane] == 15,
        }
    }

    /// Stores `size` bytes of a lane, at a multiple of `size`.
    #[inline(always)]
    pub fn store(&mut self, lane: usize, offset: usize, size: u8, value: u64) {
        let (row, shift) = (offset / 4, offset % 4);
        match size {
            1 | 2 => {
                let bits = ((1u32 << (8 * size)) - 1) << (8 * shift);
                let word = &mut self.rows[row][lane];
                *word = *word & !bits | (value as u32) << (8 * shift) & bits;
                self.written[row][lane] |= ((1 << size) - 1) << shift;
            }
            _ => {
                self.rows[row][lane] = value as u32;
                self.written[row][lane] = 15;
                if size == 8 {
                    self.rows[row + 1][lane] = (value >> 32) as u32;
                    self.written[row + 1][lane] = 15;
                }
            }
        }
    }
}
