//! Traced models: what a record is of, and the text that is made of it.

use std::mem::offset_of;
use std::sync::atomic::{AtomicU32, Ordering};

use particle_pilot_kernels::env::{Integrator, Physics};
use particle_pilot_kernels::lanes::{LaneMask, Lanes};
use particle_pilot_kernels::model::{
    Actions, At, Boxed, CartPoleModel, CostWeights, LaneModel, Model,
};
use particle_pilot_kernels::real::Real;
use particle_pilot_kernels::task::Task;
use particle_pilot_kernels::trace::{Asks, Trace, TraceError, fill, head_len};

/// A place in m that is pulled to `goal`.
#[derive(Clone, Copy)]
struct Pull {
    goal: f32,
    strength: f32,
    /// How often it is pulled in a step.
    pulls: u32,
}

const PULL: Pull = Pull { goal: 1.0, strength: 0.5, pulls: 1 };

impl Model<1, 1> for Pull {
    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    fn advance<R: Real>(&self, [place]: [R; 1], [push]: [R; 1]) -> [R; 1] {
        let mut place = place + push;
        for _ in 0..self.pulls {
            place = place - (place - self.goal) * self.strength;
        }
        [place]
    }

    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        (place - self.goal).square()
    }
}

fn trace<T: Model<1, 1>>(model: T) -> Result<Trace, TraceError> {
    Trace::of(&Boxed::<_, 1, 1>::new(model).expect("a box"))
}

#[test]
fn fields_are_parameters_and_not_part_of_the_text() {
    let one = trace(PULL).unwrap();
    // Also where numbers are equal that were not, and the other way round.
    let other = trace(Pull { goal: 0.5, strength: 0.5, pulls: 1 }).unwrap();
    assert_eq!(one.structure, other.structure);
    assert_ne!(one.parameters, other.parameters);
    let ptx =
        ".visible .entry k(\n\t.param .b32 k_param_0\n)\n{\n\t//@pilot advance 0 %r1\n\tret;\n}\n";
    assert_eq!(fill(ptx, &one, Asks::One), fill(ptx, &other, Asks::One));
    let more = trace(Pull { pulls: 2, ..PULL }).unwrap();
    assert_ne!(one.structure, more.structure);
}

#[test]
fn the_text_is_a_model_step_for_step() {
    let trace = trace(PULL).unwrap();
    let ptx =
        ".visible .entry k(\n\t.param .b32 k_param_0\n)\n{\n\t//@pilot advance 0 %r1\n\tret;\n}\n";
    let text = fill(ptx, &trace, Asks::One);
    // The middle and half of the box first.
    assert_eq!(trace.parameters[..2], [0.0, 1.0]);
    let expected = "\
.visible .entry k(
\t.param .b32 k_param_0,
\t.param .align 4 .b8 k_param_1[BYTES]
)
{
\t.reg .b32 %pilot0_s<1>, %pilot0_e<1>, %pilot0_a<2>, %pilot0_l; .reg .pred %pilot0_live;
\t.reg .b32 %pilot1_s<1>, %pilot1_e<1>, %pilot1_a<2>, %pilot1_l; .reg .pred %pilot1_live;
\t{
\t.reg .b32 %t<9>;
\tld.param.b32 %t0, [k_param_1+0];
\tld.param.b32 %t1, [k_param_1+4];
\tfma.rn.f32 %t2, %r1, %t1, %t0;
\tadd.rn.f32 %t3, %pilot0_s0, %t2;
\tld.param.b32 %t4, [k_param_1+12];
\tsub.rn.f32 %t5, %t3, %t4;
\tld.param.b32 %t6, [k_param_1+16];
\tmul.rn.f32 %t7, %t5, %t6;
\tsub.rn.f32 %t8, %t3, %t7;
\tmov.b32 %pilot0_s0, %t8;
\tmov.b32 %pilot0_e0, %r1;
\t}
\tret;
}
";
    let bytes = 4 * (trace.parameters.len() + 1);
    assert_eq!(text.ptx, expected.replace("BYTES", &bytes.to_string()));
}

#[test]
fn a_decision_learns_what_it_is_about_from_the_task_or_from_its_row() {
    let trace = trace(PULL).unwrap();
    let ptx = ".visible .entry k(\n\t.param .b32 k_param_0\n)\n{\n\t//@pilot row %rd1 %r1 %r2 %rd2\n\tret;\n}\n";
    let [seed, decision] = [offset_of!(Task, seed), offset_of!(Task, decision)];
    let from_task = format!(
        "\tld.param.b64 %rd1, [k_param_0+{seed}];\n\tld.param.b32 %r1, [k_param_0+{decision}];\n\
         \t.reg .b32 %index; .reg .b64 %more;\n\tmov.u32 %index, %ctaid.y; cvt.u64.u32 %more, %index;\n\
         \tadd.s64 %rd1, %rd1, %more;\n"
    );
    let at = "\t.reg .b64 %at; cvta.to.global.u64 %at, %rd2;\n";
    for (asks, place) in [
        (Asks::One, format!("{from_task}\tmov.b32 %r2, 2;\n")),
        (Asks::InStep, format!("{from_task}{at}\tld.global.b32 %r2, [%at+12];\n")),
        (
            Asks::Rows,
            format!(
                "{at}\t.reg .b32 %high; ld.global.v2.b32 {{%r1, %high}}, [%at];\n\
                 \tshfl.sync.idx.b32 %r1, %r1, 0, 31, -1;\n\
                 \tshfl.sync.idx.b32 %high, %high, 0, 31, -1;\n\tmov.b64 %rd1, {{%r1, %high}};\n\
                 \tld.global.v2.b32 {{%r1, %r2}}, [%at+8];\n\
                 \tshfl.sync.idx.b32 %r1, %r1, 0, 31, -1;\n"
            ),
        ),
    ] {
        let text = fill(ptx, &trace, asks).ptx;
        assert!(text.contains(&format!("\t{{\n{place}\t}}\n")), "{asks:?}: {text}");
        assert!(!text.contains("k_param_1"), "a kernel that simulates nothing takes no numbers");
    }
}

/// A model of very many numbers, which no kernel takes as parameters: they are in the text.
#[test]
fn too_many_parameters_are_in_the_text() {
    let trace = trace(Pull { pulls: 500, ..PULL }).unwrap();
    let ptx =
        ".visible .entry k(\n\t.param .b32 k_param_0\n)\n{\n\t//@pilot advance 0 %r1\n\tret;\n}\n";
    let text = fill(ptx, &trace, Asks::One);
    assert!(!text.takes_numbers && text.ptx.contains("k_param_1[4]"), "the start is left");
    assert!(!text.ptx.contains("ld.param") && text.ptx.contains(", 0f3F000000;"), "{}", text.ptx);
}

/// Is pushed by what is given: the second number of the reference, and a map.
#[derive(Clone, Copy)]
struct Pushed;

impl Model<1, 1> for Pushed {
    const REFERENCE: usize = 3;
    const GRID: bool = true;

    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    fn advance<R: Real>(&self, [place]: [R; 1], [push]: [R; 1]) -> [R; 1] {
        [place + push]
    }

    fn advance_at<R: Real>(&self, [place]: [R; 1], [push]: [R; 1], at: impl At<R>) -> [R; 1] {
        [place + push + at.reference(1)]
    }

    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        place.square()
    }

    fn final_cost_at<R: Real>(&self, [place]: [R; 1], at: impl At<R>) -> R {
        at.grid(place, place.constant(0.0)) + at.reference(2)
    }
}

#[test]
fn what_is_given_is_read_where_it_is_and_the_row_moves_on_once_a_step() {
    let trace = trace(Pushed).unwrap();
    assert_eq!(head_len(&trace.structure), 8);
    let text = |place: &str| {
        let ptx = format!(
            ".visible .entry k(\n\t.param .b32 k_param_0\n)\n{{\n\t//@pilot {place}\n\tret;\n}}\n"
        );
        fill(&ptx, &trace, Asks::One).ptx
    };
    let (first, second) = (text("advance 0 %r1"), text("advance 1 %r1"));
    let bytes = 4 * (8 + trace.parameters.len() + 1);
    assert!(first.contains(&format!(".param .align 8 .b8 k_param_1[{bytes}]")), "{first}");
    for text in [&first, &second] {
        assert!(text.contains("ld.global.b32 %t4, [%pilot_row+4];"), "{text}");
        // The middle of the box comes after what is given.
        assert!(text.contains("ld.param.b32 %t0, [k_param_1+32];"), "{text}");
    }
    assert!(!first.contains("add.s64 %pilot_row"), "{first}");
    assert!(second.contains("add.s64 %pilot_row, %pilot_row, 12;"), "{second}");
    // A step of a population leads to the next row, whose last number is the sixth from here.
    let step = text("step %a %b %c %rd1 %rd2 %r1 %r2 %r3 %r4 %r5");
    assert!(step.contains("mad.wide.u32 %pilot_row, %n, 12, %pilot_row;"), "{step}");
    assert!(step.contains("[%pilot_row+4]") && step.contains("[%pilot_row+20]"), "{step}");
    assert_eq!(step.matches("ld.param.b64 %grid, [k_param_1+8];").count(), 4, "{step}");
    // The others have nothing of it.
    let none = self::trace(PULL).unwrap();
    assert_eq!(head_len(&none.structure), 0);
}

#[test]
fn every_cart_pole_can_be_traced() {
    let weights = CostWeights::default();
    for integrator in [Integrator::Euler, Integrator::SemiImplicitEuler] {
        for theta_threshold_radians in [0.2, 1.0, f64::INFINITY] {
            let physics = Physics { integrator, theta_threshold_radians, ..Physics::default() };
            let model = CartPoleModel::<true>::new(&physics, &weights).unwrap();
            let trace = Trace::of(&model).unwrap();
            assert_eq!((trace.structure.state_len(), trace.structure.dimensions()), (4, 1));
        }
    }
    let plain = CartPoleModel::<false>::new(&Physics::default(), &weights).unwrap();
    let general = CartPoleModel::<true>::new(&Physics::default(), &weights).unwrap();
    let [plain, general] = [Trace::of(&plain).unwrap(), Trace::of(&general).unwrap()];
    assert_eq!(plain.structure, general.structure, "what is not asked for leaves no trace");
}

/// Counts how often it was asked.
#[derive(Clone, Copy)]
struct Moody(&'static AtomicU32);

impl Model<1, 1> for Moody {
    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    fn advance<R: Real>(&self, [place]: [R; 1], [push]: [R; 1]) -> [R; 1] {
        let asked = self.0.fetch_add(1, Ordering::Relaxed);
        [place + push * asked as f32]
    }

    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        place
    }
}

#[test]
fn models_that_compute_something_else_each_time_are_found_out() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    assert_eq!(trace(Moody(&ASKED)).unwrap_err(), TraceError::Differs);
}

/// Asks whether any lane holds.
#[derive(Clone, Copy)]
struct Peeking;

impl LaneModel for Peeking {
    const DIM: usize = 1;
    type State<L: Lanes> = [L; 1];
    type Constants<L: Lanes> = L::Proof;
    type Control<L: Lanes> = [L; 1];
    type Effort<L: Lanes> = [L; 0];
    const ACTION_DIM: usize = 1;

    fn constants<L: Lanes>(&self, proof: L::Proof) -> L::Proof {
        proof
    }
    fn start<L: Lanes>(&self, proof: L::Proof, state: &[f32]) -> [L; 1] {
        [L::splat(proof, state[0])]
    }
    fn full_control(&self) -> f32 {
        1.0
    }
    fn action(&self, shares: &[f64], action: &mut [f64]) {
        action.copy_from_slice(shares);
    }
    fn live<L: Lanes>(_: &L::Proof, _: &[L; 1], live: L::Mask) -> L::Mask {
        live
    }
    fn effort<L: Lanes>(_: &[L; 1]) -> [L; 0] {
        []
    }
    fn accumulate<L: Lanes>(
        _: &L::Proof,
        s: &[L; 1],
        _: &[L; 0],
        live: L::Mask,
        [sum, other]: [L; 2],
    ) -> [L; 2] {
        [sum.add_where(live, s[0]), other]
    }
    fn running_cost<L: Lanes>(_: &L::Proof, [sum, _]: [L; 2]) -> L {
        sum
    }
    fn terminal_cost<L: Lanes>(_: &L::Proof, s: &[L; 1]) -> L {
        s[0]
    }
    fn end_cost(&self) -> f32 {
        0.0
    }
    fn advance<L: Lanes>(proof: &L::Proof, [s]: [L; 1], [control]: [L; 1]) -> [L; 1] {
        let zero = L::splat(*proof, 0.0);
        if s.lt(zero).any() { [s - control] } else { [s + control] }
    }
    fn distance_squared<L: Lanes>(_: &L::Proof, a: &[L; 1], b: &[L; 1]) -> L {
        (a[0] - b[0]) * (a[0] - b[0])
    }
}

#[test]
fn branches_on_data_are_refused() {
    let error = Trace::of(&Peeking).unwrap_err();
    assert_eq!(error, TraceError::Lost);
    assert!(error.to_string().contains("takes bundles of lanes apart"));
}
