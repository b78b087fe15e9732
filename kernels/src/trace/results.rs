//! What the functions of a model give: recorded on [`Traced`] lanes, and computed anew to compare with the record.

use super::operation::Operation;
use super::{ParticlePart, Sizes, Structure, Traced, is_same};
use crate::lanes::Lanes;
use crate::model::{Grid, LaneModel, Surroundings, Vector};
use crate::plant::live_on;
use crate::rollout::{Particle, bounded};

/// What all functions of a model give.
pub struct Results<M: LaneModel, L: Lanes> {
    begin: Particle<M, L>,
    observe: Particle<M, L>,
    advance: Particle<M, L>,
    finish: [L; 2],
    step: (M::State<L>, [L; 3]),
    score: L,
    distance: L,
}

impl<M: LaneModel, L: Lanes<Proof = ()>> Results<M, L> {
    /// Calls the functions of `model`.
    ///
    /// * `like`: any state.
    /// * `input`: the inputs, by their numbers.
    /// * `live`: the one input that is a mask.
    /// * `[given, cells]`: of all inputs, what [`Lanes::given`] takes for them; and those of the grid.
    pub fn of(
        model: &M,
        like: M::State<L>,
        input: impl Fn(u32) -> L,
        live: L::Mask,
        [given, cells]: [&[f32]; 2],
    ) -> Self {
        let sizes = Sizes::of::<M>();
        let constants = model.constants::<L>(());
        let fill = |places: &mut [L], from: u32| {
            places.iter_mut().zip(from..).for_each(|(place, number)| *place = input(number));
        };
        let grid = match sizes.grid {
            true => {
                let extent = [0, 1, 2].map(|n| given[sizes.extent_from() as usize + n]);
                Grid::of_extent(cells, extent)
            }
            false => Grid::default(),
        };
        let reference = &given[sizes.reference_from() as usize..];
        let surroundings = Surroundings { reference, grid };
        let [at, next] = [0, 1].map(|step| surroundings.at::<M, L>((), step));
        let state = |from| {
            let mut state = like;
            fill(state.as_mut(), from);
            state
        };
        let mut control = M::Control::<L>::all(input(sizes.control_from()));
        fill(control.as_mut(), sizes.control_from());
        let begin = Particle::<M, L>::new((), state(0));
        let mut particle = begin;
        fill(particle.effort.as_mut(), sizes.effort_from());
        fill(&mut particle.sums, sizes.sums_from());
        (particle.lifetime, particle.live) = (input(sizes.lifetime()), live);
        let (mut observe, mut advance) = (particle, particle);
        observe.observe(&constants, at, L::literal((), 1.0));
        advance.advance(&constants, at, control);
        let horizon = input(sizes.horizon());
        let finish = particle.finish((), &constants, at, horizon, model.end_cost());
        let [cost, now, missed] = sizes.of_step().map(&input);
        let so_far = [cost, input(sizes.lifetime())];
        let step =
            live_on::<M, L>(&constants, [at, next], state(0), control, so_far, [now, missed]);
        let (own, other) = (state(0), state(sizes.other_from()));
        let score = bounded((), M::terminal_cost_at(&constants, &own, at));
        let distance = M::distance_squared(&constants, &own, &other);
        Self { begin, observe, advance, finish, step, score, distance }
    }
}

impl<M: LaneModel> Results<M, Traced> {
    /// The model's, of which `operations` are the record.
    pub fn structure(&self, operations: Vec<Operation>) -> Structure {
        let particle = |particle: &Particle<M, Traced>| ParticlePart {
            state: numbers(particle.state.as_ref()),
            effort: numbers(particle.effort.as_ref()),
            sums: particle.sums.map(|sum| sum.0),
            lifetime: particle.lifetime.0,
            live: particle.live.0,
        };
        let (next, record) = &self.step;
        Structure {
            operations,
            sizes: Sizes::of::<M>(),
            begin: particle(&self.begin),
            observe: particle(&self.observe),
            advance: particle(&self.advance),
            finish: self.finish.map(|lane| lane.0),
            score: self.score.0,
            step: [numbers(next.as_ref()), numbers(record)].concat(),
            distance: self.distance.0,
        }
    }
}

fn numbers(lanes: &[Traced]) -> Vec<u32> {
    lanes.iter().map(|lane| lane.0).collect()
}

impl<M: LaneModel> Results<M, f32> {
    /// Whether these are what `structure` says, whose operations give `values`.
    pub fn agree_with(&self, structure: &Structure, values: &[u32]) -> bool {
        let same = |number: u32, expected: f32| is_same(values[number as usize], expected);
        let all = |numbers: &[u32], expected: &[f32]| {
            numbers.iter().zip(expected).all(|(number, expected)| same(*number, *expected))
        };
        let particle = |part: &ParticlePart, expected: &Particle<M, f32>| {
            all(&part.state, expected.state.as_ref())
                && all(&part.effort, expected.effort.as_ref())
                && all(&part.sums, &expected.sums)
                && same(part.lifetime, expected.lifetime)
                && values[part.live as usize] == u32::from(expected.live)
        };
        let (next, record) = &self.step;
        let (next_numbers, record_numbers) = structure.step.split_at(next.as_ref().len());
        particle(&structure.begin, &self.begin)
            && particle(&structure.observe, &self.observe)
            && particle(&structure.advance, &self.advance)
            && all(&structure.finish, &self.finish)
            && same(structure.score, self.score)
            && all(next_numbers, next.as_ref())
            && all(record_numbers, record)
            && same(structure.distance, self.distance)
    }
}
