//! Who touched which byte of shared memory: finds races.
//!
//! Time is cut into segments: each warp begins a new one at every barrier that it passes, and
//! remembers of each other warp (and of itself) up to which segment its accesses are known to have
//! happened before. An access races with an earlier one by another thread if that one's segment is
//! not known to be over. This is the vector clock of Flanagan and Freund, "FastTrack" (2009), kept
//! by warp instead of by thread.

/// What an access does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    Read,
    Write,
    /// Atomic operations, and ordered loads and stores: they do not race with each other.
    StrongRead,
    Strong,
}

/// The earlier access that a race is with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    pub thread: u32,
    pub wrote: bool,
    /// It was made by the same instruction, so that only differing values are a race.
    pub together: bool,
}

/// The last accesses to a word or byte. Segment 0 stands for none.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    writer: u16,
    strong_write: bool,
    strong_read: bool,
    write: u32,
    /// Which store wrote last.
    stamp: u32,
    /// The last two readers, which differ, and their segments.
    readers: [u16; 2],
    reads: [u32; 2],
    /// Warps of other readers since, and the latest of their segments.
    other_readers: u32,
    other_read: u32,
    /// One more than the index of the word's bytes, if those are kept apart.
    bytes: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Shadow {
    words: Vec<Cell>,
    bytes: Vec<[Cell; 4]>,
    clock: u32,
    warps: usize,
    /// The segment that each warp is in.
    segments: Vec<u32>,
    /// `known[w * warps + v]`: the segments of warp `v` that are over for warp `w`.
    known: Vec<u32>,
    stamp: u32,
}

impl Shadow {
    /// Starts a new block: what was before is over.
    pub fn start(&mut self, bytes: usize, warps: usize) {
        if self.clock > u32::MAX / 2 {
            *self = Self::default();
        }
        self.words.resize(bytes.div_ceil(4), Cell::default());
        self.warps = warps;
        self.clock += 2;
        self.segments.clear();
        self.segments.resize(warps, self.clock);
        self.known.clear();
        self.known.resize(warps * warps, self.clock - 1);
    }

    /// All of `warps` have met at a barrier.
    pub fn barrier(&mut self, warps: impl Iterator<Item = usize> + Clone) {
        let mut merged = vec![0; self.warps];
        for warp in warps.clone() {
            let known = &self.known[warp * self.warps..][..self.warps];
            for (merged, known) in merged.iter_mut().zip(known) {
                *merged = u32::max(*merged, *known);
            }
        }
        for warp in warps.clone() {
            merged[warp] = self.segments[warp];
        }
        self.clock += 1;
        for warp in warps {
            self.known[warp * self.warps..][..self.warps].copy_from_slice(&merged);
            self.segments[warp] = self.clock;
        }
    }

    /// The lanes of `warp` have met.
    pub fn warp_barrier(&mut self, warp: usize) {
        self.known[warp * self.warps + warp] = self.segments[warp];
        self.clock += 1;
        self.segments[warp] = self.clock;
    }

    /// A new instruction begins that stores.
    pub fn next_store(&mut self) {
        self.stamp = self.stamp.wrapping_add(1);
    }

    /// Notes an access that lies within the memory and is aligned to its size; the earlier access
    /// that it races with.
    #[inline(always)]
    pub fn touch(&mut self, thread: u32, offset: usize, size: u8, touch: Touch) -> Option<Earlier> {
        let warp = thread as usize / 32;
        let known = &self.known[warp * self.warps..][..self.warps];
        let now = Now { thread, touch, known, segment: self.segments[warp], stamp: self.stamp };
        let word = offset / 4;
        if size >= 4 {
            let mut found = None;
            for index in word..word + usize::from(size) / 4 {
                let cell = &mut self.words[index];
                found = if cell.bytes == 0 {
                    now.check(cell)
                } else {
                    let bytes = &mut self.bytes[cell.bytes as usize - 1];
                    bytes.iter_mut().filter_map(|cell| now.check(cell)).next()
                };
                if found.is_some() {
                    break;
                }
            }
            return found;
        }
        let cell = &mut self.words[word];
        if cell.bytes == 0 {
            self.bytes.push([*cell; 4]);
            cell.bytes = self.bytes.len() as u32;
        }
        let bytes = &mut self.bytes[cell.bytes as usize - 1];
        let first = offset % 4;
        bytes[first..first + usize::from(size)].iter_mut().filter_map(|cell| now.check(cell)).next()
    }
}

/// The access that is made now.
struct Now<'a> {
    thread: u32,
    touch: Touch,
    known: &'a [u32],
    segment: u32,
    stamp: u32,
}

impl Now<'_> {
    /// Whether an earlier access is known to be over, or this thread's own.
    #[inline(always)]
    fn after(&self, thread: u16, segment: u32) -> bool {
        u32::from(thread) == self.thread || segment <= self.known[usize::from(thread) / 32]
    }

    #[inline(always)]
    fn check(&self, cell: &mut Cell) -> Option<Earlier> {
        let writes = matches!(self.touch, Touch::Write | Touch::Strong);
        let strong = matches!(self.touch, Touch::Strong | Touch::StrongRead);
        if cell.write != 0 && !self.after(cell.writer, cell.write) && !(strong && cell.strong_write)
        {
            let together = self.touch == Touch::Write && cell.stamp == self.stamp;
            return Some(Earlier { thread: cell.writer.into(), wrote: true, together });
        }
        if writes {
            if let Some(earlier) = self.check_readers(cell, strong) {
                return Some(earlier);
            }
            cell.writer = self.thread as u16;
            cell.write = self.segment;
            cell.strong_write = strong;
            cell.stamp = self.stamp;
            return None;
        }
        self.note_read(cell, strong);
        None
    }

    #[inline(always)]
    fn check_readers(&self, cell: &Cell, strong: bool) -> Option<Earlier> {
        if strong && cell.strong_read {
            return None;
        }
        for reader in 0..2 {
            let (thread, segment) = (cell.readers[reader], cell.reads[reader]);
            if segment != 0 && !self.after(thread, segment) {
                return Some(Earlier { thread: thread.into(), wrote: false, together: false });
            }
        }
        let mut others = cell.other_readers;
        while others != 0 {
            let warp = others.trailing_zeros();
            others &= others - 1;
            if cell.other_read > self.known[warp as usize] {
                return Some(Earlier { thread: warp * 32, wrote: false, together: false });
            }
        }
        None
    }

    #[inline(always)]
    fn note_read(&self, cell: &mut Cell, strong: bool) {
        let thread = self.thread as u16;
        if cell.reads[0] != 0 && cell.readers[0] != thread {
            // The one before moves on, and pushes out the second if that is somebody else.
            if cell.reads[1] != 0
                && cell.readers[1] != thread
                && cell.readers[1] != cell.readers[0]
                && !self.after(cell.readers[1], cell.reads[1])
            {
                cell.other_readers |= 1 << (cell.readers[1] / 32);
                cell.other_read = cell.other_read.max(cell.reads[1]);
            }
            if cell.other_readers != 0 {
                // What is over for this reader is over for everybody whom this read is over for.
                cell.other_readers &= !stale(cell, self.known);
            }
            cell.readers[1] = cell.readers[0];
            cell.reads[1] = cell.reads[0];
            cell.strong_read &= strong;
        } else {
            cell.strong_read = strong && (cell.reads[0] == 0 || cell.strong_read);
        }
        cell.readers[0] = thread;
        cell.reads[0] = self.segment;
    }
}

/// The warps of other readers whose reads are all over.
fn stale(cell: &Cell, known: &[u32]) -> u32 {
    let warps = known.iter().enumerate();
    let over = warps.filter(|(_, known)| cell.other_read <= **known);
    over.fold(0, |mask, (warp, _)| mask | 1 << warp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shadow() -> Shadow {
        let mut shadow = Shadow::default();
        shadow.start(64, 2);
        shadow
    }

    #[test]
    fn a_barrier_separates_and_nothing_else_does() {
        let mut shadow = shadow();
        assert_eq!(shadow.touch(0, 8, 4, Touch::Write), None);
        assert_eq!(shadow.touch(0, 8, 4, Touch::Read), None);
        let race = shadow.touch(40, 8, 4, Touch::Read).unwrap();
        assert_eq!((race.thread, race.wrote), (0, true));
        shadow.barrier(0..2);
        assert_eq!(shadow.touch(40, 8, 4, Touch::Read), None);
        assert_eq!(shadow.touch(41, 8, 4, Touch::Read), None);
        assert!(!shadow.touch(41, 8, 4, Touch::Write).unwrap().wrote);
    }

    #[test]
    fn readers_of_all_warps_are_remembered() {
        let mut shadow = shadow();
        for thread in [0, 1, 2, 40, 41] {
            assert_eq!(shadow.touch(thread, 0, 4, Touch::Read), None);
        }
        shadow.warp_barrier(1);
        // Threads 40 and 41 are over for 42, those of warp 0 are not.
        assert!(shadow.touch(42, 0, 4, Touch::Write).unwrap().thread < 32);
    }

    #[test]
    fn neighbouring_bytes_do_not_race() {
        let mut shadow = shadow();
        for thread in 0..4 {
            assert_eq!(shadow.touch(thread, thread as usize, 1, Touch::Write), None);
        }
        assert_eq!(shadow.touch(9, 0, 4, Touch::Read).unwrap().thread, 0);
        assert_eq!(shadow.touch(3, 3, 1, Touch::Read), None);
        assert_eq!(shadow.touch(4, 3, 1, Touch::Read).unwrap().thread, 3);
    }

    #[test]
    fn atomics_race_only_with_plain_accesses() {
        let mut shadow = shadow();
        assert_eq!(shadow.touch(0, 0, 4, Touch::Strong), None);
        assert_eq!(shadow.touch(1, 0, 4, Touch::Strong), None);
        assert_eq!(shadow.touch(2, 0, 4, Touch::StrongRead), None);
        assert!(shadow.touch(3, 0, 4, Touch::Read).is_some());
    }
}
