//! The results of an evaluation's episodes, as they come.

use crate::episode::EpisodeResult;

/// A place for the result of each episode.
pub struct Results {
    places: Vec<Option<EpisodeResult>>,
    count: u32,
}

impl Results {
    /// Of so many episodes, none yet.
    pub fn none_of(episodes: u32) -> Self {
        Self { places: (0..episodes).map(|_| None).collect(), count: 0 }
    }

    /// Puts the result of episode `index` in its place.
    pub fn put(&mut self, index: u32, result: EpisodeResult) {
        let before = self.places[index as usize].replace(result);
        self.count += u32::from(before.is_none());
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The numbers of the episodes that have none.
    pub fn missing(&self) -> Vec<u32> {
        let missing =
            |(index, place): (u32, &Option<EpisodeResult>)| place.is_none().then_some(index);
        (0..).zip(&self.places).filter_map(missing).collect()
    }

    /// All that there are, in order.
    pub fn all(self) -> Vec<EpisodeResult> {
        self.places.into_iter().flatten().collect()
    }
}
