//! Grids: against models that have the cells as fields, and what may be given.

mod following;
#[path = "following/map.rs"]
mod map;

use following::{Balloon, actions, path};
use map::{BALL, MAPS};
use particle_pilot::env::{EnvError, ModelEnvironment, Pendulum};
use particle_pilot::kernels::model::{Actions, At, Model};
use particle_pilot::kernels::real::Real;
use particle_pilot::{
    Decision, Device, Evaluation, GivenError, Pilot, PilotBatch, PilotConfig, PilotError,
    PlannerKind, Simd, Tuning,
};

/// The ball that knows a map of up to four columns and three rows by heart, and a wind that is always the same.
#[derive(Clone, Copy)]
struct Knowing {
    width: usize,
    height: usize,
    cells: [[f32; 4]; 3],
}

impl Knowing {
    fn new((width, height, cells): (usize, usize, &[f32])) -> Self {
        let cell = |row: usize, column: usize| *cells.get(row * width + column).unwrap_or(&0.0);
        let cells = std::array::from_fn(|row| std::array::from_fn(|column| cell(row, column)));
        Self { width, height, cells }
    }
}

/// What the ball that knows its map sees: cells found by comparing.
#[derive(Clone, Copy)]
struct Sight<'a>(&'a Knowing);

impl Sight<'_> {
    #[inline(always)]
    fn cell<R: Real>(self, column: R, row: R) -> R {
        let mut found = column.constant(0.0);
        for r in 0..3u8 {
            for c in 0..4u8 {
                let cell = self.0.cells[usize::from(r)][usize::from(c)];
                let (c, r) = (f32::from(c), f32::from(r));
                let here = column.ge(c) & column.le(c) & row.ge(r) & row.le(r);
                found = found.constant(cell).where_or(here, found);
            }
        }
        found
    }

    /// In row `row`, from a column to the next.
    #[inline(always)]
    fn along<R: Real>(self, [column, next]: [R; 2], across: R, row: R) -> R {
        let first = self.cell(column, row);
        (self.cell(next, row) - first).fma(across, first)
    }
}

impl<R: Real> At<R> for Sight<'_> {
    #[inline(always)]
    fn reference(&self, _: usize) -> R {
        unreachable!("the wind is known")
    }

    #[inline(always)]
    fn grid(&self, x: R, y: R) -> R {
        let (right, bottom) = ((self.0.width - 1) as f32, (self.0.height - 1) as f32);
        let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
        let (column, row) = (x.floor(), y.floor());
        let columns = [column, (column + 1.0).min(right)];
        let above = self.along(columns, x - column, row);
        let below = self.along(columns, x - column, (row + 1.0).min(bottom));
        (below - above).fma(y - row, above)
    }
}

const WIND: f32 = 0.0625;

impl Model<2, 1> for Knowing {
    fn actions(&self) -> Actions<1> {
        actions(0)
    }

    #[inline(always)]
    fn advance<R: Real>(&self, state: [R; 2], control: [R; 1]) -> [R; 2] {
        let height = Sight(self).grid(state[0] / BALL.cell[0], state[1] / BALL.cell[1]);
        let [place, speed] = BALL.advance(state, control);
        [place, speed - height * 0.125 + WIND]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, state: [R; 2], control: [R; 1]) -> R {
        BALL.cost_at(state, control, Sight(self))
    }

    #[inline(always)]
    fn final_cost<R: Real>(&self, state: [R; 2]) -> R {
        BALL.final_cost_at(state, Sight(self))
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, state: [R; 2]) -> R::Mask {
        BALL.goes_on_at(state, Sight(self))
    }

    fn end_cost(&self) -> f32 {
        BALL.end_cost()
    }
}

const HORIZON: u32 = 12;
const ROWS: usize = HORIZON as usize + 1;

fn config(planner: PlannerKind) -> PilotConfig {
    let tuning = Tuning { iterations: 2, ..Tuning::of(planner) };
    let (particles, device) = (301, Device::Cpu);
    PilotConfig { particles, horizon: HORIZON, device, tuning, ..PilotConfig::of(planner) }
}

fn planners() -> impl Iterator<Item = PlannerKind> {
    PlannerKind::ALL.iter().map(|(planner, _)| *planner)
}

const STATES: [[f64; 2]; 3] = [[0.4, 0.1], [0.1, -0.3], [1.2, 0.3]];

/// What a pilot decides on one map after the other.
fn seeing(config: &PilotConfig) -> Vec<Decision> {
    let mut pilot = Pilot::with_model(config.clone(), BALL).unwrap();
    pilot.set_reference(&[WIND; ROWS]).unwrap();
    let decide = |(map, state): (&(usize, usize, &[f32]), &[f64; 2])| {
        pilot.set_grid(map.0, map.1, map.2).unwrap();
        pilot.act(state).unwrap()
    };
    MAPS.iter().zip(&STATES).map(decide).collect()
}

#[test]
fn seeing_a_map_is_knowing_it_for_every_planner() {
    for planner in planners() {
        let config = config(planner);
        let mut knowing = Pilot::with_model(config.clone(), Knowing::new(MAPS[0])).unwrap();
        let decisions = seeing(&config);
        for ((map, state), decision) in MAPS.into_iter().zip(&STATES).zip(&decisions) {
            knowing.set_model(Knowing::new(map)).unwrap();
            assert_eq!(knowing.act(state).unwrap(), *decision, "{planner}");
        }
        let dead = |d: &Decision| d.diagnostics.dead_share;
        // Walkers of `fmc` that fail become clones of others.
        let is_some = decisions.iter().any(|d| dead(d) > 0.0 && dead(d) < 1.0);
        assert!(is_some || planner == PlannerKind::Fmc, "{planner}");
    }
}

/// All decisions of all planners.
fn all_decisions() -> String {
    planners().map(|planner| format!("{:?}\n", seeing(&config(planner)))).collect()
}

/// Not a test: what the processes do that the next one starts.
#[test]
#[ignore = "prints what another test compares"]
fn print_decisions() {
    print!("\nBEGIN\n{}END\n", all_decisions());
}

#[test]
fn vector_instructions_change_no_decision_with_a_grid() {
    let own = all_decisions();
    for simd in Simd::available() {
        let variables = [(Simd::VARIABLE, simd.name())];
        assert_eq!(test_support::start_again("print_decisions", &variables)(), own, "{simd}");
    }
}

#[test]
fn what_cannot_be_a_grid_is_refused_in_words_and_changes_nothing() {
    let given = |result: Result<_, PilotError>| match result.map(|_: ()| ()) {
        Err(PilotError::Given(error)) => error,
        other => panic!("{other:?}"),
    };
    let pilot = || {
        let mut pilot = Pilot::with_model(config(PlannerKind::Mppi), BALL).unwrap();
        pilot.set_reference(&[WIND; ROWS]).unwrap();
        pilot
    };
    let (mut one, mut other) = (pilot(), pilot());
    assert_eq!(given(one.act(&[0.4, 0.1]).map(|_| ())), GivenError::GridMissing);
    let (width, height, cells) = MAPS[1];
    for pilot in [&mut one, &mut other] {
        pilot.set_grid(width, height, cells).unwrap();
    }
    let mut wrong = cells.to_vec();
    wrong[6] = -2e30;
    let (column, row, value) = (2, 1, -2e30);
    let cases = [
        (given(one.set_grid(0, 3, &[])), GivenError::GridSize { width: 0, height: 3 }),
        (
            given(one.set_grid(4097, 1, &[0.0; 4097])),
            GivenError::GridSize { width: 4097, height: 1 },
        ),
        (
            given(one.set_grid(3, 3, cells)),
            GivenError::GridLength { given: 12, width: 3, height: 3 },
        ),
        (given(one.set_grid(4, 3, &wrong)), GivenError::GridNotFinite { column, row, value }),
    ];
    for (error, expected) in cases {
        assert_eq!(error, expected, "{error}");
    }
    let error = given(one.set_grid(1, 1, &[f32::NAN]));
    assert!(
        matches!(error, GivenError::GridNotFinite { column: 0, row: 0, value } if value.is_nan())
    );
    assert_eq!(one.act(&[0.4, 0.1]), other.act(&[0.4, 0.1]));
    let mut balloon = Pilot::with_model(config(PlannerKind::Mppi), Balloon::<0>).unwrap();
    assert_eq!(given(balloon.set_grid(width, height, cells)), GivenError::NoSuchGrid);
    assert_eq!(given(balloon.set_grid(0, 0, &[])), GivenError::NoSuchGrid);
    balloon.set_reference(&path(0, ROWS as u32)).unwrap();
    assert!(balloon.act(&[0.4]).is_ok(), "it needs no grid");
    let env = ModelEnvironment::new(BALL, [0.0; 2], [0.0; 2]);
    assert_eq!(env.map(|_| ()), Err(EnvError::Surroundings));
    // An evaluation has nobody to give it.
    let config = config(PlannerKind::Mppi);
    let evaluation = Evaluation::with_model(config, BALL, Pendulum::default());
    let refused = evaluation.prepare().map(|_| ()).unwrap_err();
    assert!(matches!(refused, PilotError::Unsupported(why) if why.contains("run_in")));
}

#[test]
fn a_batch_shares_a_grid() {
    let (seeds, states) = ([4, 9], [[0.4, 0.1], [0.2, 0.0]]);
    let config = config(PlannerKind::Cem);
    let mut batch = PilotBatch::with_model(&config, BALL, &seeds).unwrap();
    let (mut pilots, (width, height, cells)) = (Vec::new(), MAPS[1]);
    batch.set_references(&[[WIND; ROWS], [-WIND; ROWS]]).unwrap();
    batch.set_grid(width, height, cells).unwrap();
    for (seed, wind) in seeds.into_iter().zip([WIND, -WIND]) {
        let mut pilot = Pilot::with_model(PilotConfig { seed, ..config.clone() }, BALL).unwrap();
        pilot.set_reference(&[wind; ROWS]).unwrap();
        pilot.set_grid(width, height, cells).unwrap();
        pilots.push(pilot);
    }
    for _ in 0..2 {
        let decisions = batch.act(&states).unwrap();
        for (row, pilot) in pilots.iter_mut().enumerate() {
            assert_eq!(pilot.act(&states[row]).unwrap(), decisions[row]);
        }
    }
}
