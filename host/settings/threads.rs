//! How many threads.

use std::num::NonZeroUsize;

/// How many threads to work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threads {
    most: usize,
    /// Whether fewer will do, where the system refuses.
    is_open: bool,
}

impl Threads {
    /// `threads`; with 0 one for each core, or fewer if the system refuses so many.
    pub fn asked(threads: usize) -> Self {
        match threads {
            0 => {
                let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
                Self { most: cores, is_open: true }
            }
            most => Self { most, is_open: false },
        }
    }

    /// At most `most`, which is at least 1: more would have nothing to do.
    pub fn at_most(self, most: usize) -> Self {
        Self { most: self.most.min(most), ..self }
    }

    /// How many there are if the system grants all.
    pub fn most(self) -> usize {
        self.most
    }

    /// Whether fewer will do, where the system refuses.
    pub fn fewer_will_do(self) -> bool {
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_works_where_there_is_nothing_to_do() {
        assert_eq!(Threads::asked(64).at_most(2), Threads { most: 2, is_open: false });
        assert!(Threads::asked(0).at_most(1).is_open);
    }
}
