//! How much a model's step is: its operations counted, by what carries them out.

use std::collections::HashMap;

use super::Trace;
use super::operation::{Code, Operation};

/// What a step of a bundle of particles takes: to score the state that they are in, and to advance them.
///
/// The least that AVX-512 could do it with is meant. What is the same for all particles (a model's numbers, and what follows from
/// them alone) is not counted, since it could be worked out before the steps; nor is what of a control's cost was worked out when
/// that control was applied. Signs cost nothing where sums take them, a choice nothing where the instruction before it could
/// write to some lanes only, and up to three operations on bits are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Products.
    pub multiplications: u32,
    /// Products with a sum, rounded once.
    pub multiply_adds: u32,
    /// Sums and differences.
    pub additions: u32,
    /// Comparisons, and tests of bits.
    pub comparisons: u32,
    /// The lesser or the greater of two.
    pub extremes: u32,
    /// Choices between two.
    pub selections: u32,
    /// On bits: logic, shifts, whole numbers, masks.
    pub bits: u32,
    /// Whole numbers to others.
    pub conversions: u32,
    /// Rounding to whole numbers.
    pub floors: u32,
    /// Quotients.
    pub divisions: u32,
    /// Square roots.
    pub roots: u32,
    /// Cells of the grid, looked up by index.
    pub cells: u32,
}

impl Trace {
    /// What a step of a bundle of particles takes.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot_kernels::env::Physics;
    /// use particle_pilot_kernels::model::{CartPoleModel, CostWeights};
    /// use particle_pilot_kernels::trace::Trace;
    /// let model = CartPoleModel::<false>::new(&Physics::default(), &CostWeights::default()).unwrap();
    /// let counts = Trace::of(&model).unwrap().step_counts();
    /// assert_eq!(counts.divisions + counts.roots + counts.selections, 0);
    /// ```
    #[must_use]
    pub fn step_counts(&self) -> Counts {
        let (known, all, of) = Default::default();
        let mut values = Values { trace: self, known, all, of };
        let (observe, advance) = (&self.structure.observe, &self.structure.advance);
        let scored = observe.sums.iter().chain([&observe.lifetime, &observe.live]);
        let results = scored.chain(&advance.state).chain(&advance.effort);
        let results: Vec<u32> = results.map(|number| values.of(*number)).collect();
        Step::of(&values.all, &results).counts()
    }
}

/// Operations, of which those that must be equal are one.
struct Values<'a> {
    trace: &'a Trace,
    known: HashMap<Operation, u32>,
    all: Vec<Operation>,
    /// By their numbers in the record.
    of: HashMap<u32, u32>,
}

impl Values<'_> {
    /// The value of the record's operation `number`.
    fn of(&mut self, number: u32) -> u32 {
        if let Some(value) = self.of.get(&number) {
            return *value;
        }
        let Operation { code, args } = self.trace.structure.operations[number as usize];
        let sizes = self.trace.structure.sizes;
        let effort = args[0].wrapping_sub(sizes.effort_from());
        let value = if code == Code::Input && effort < sizes.effort {
            // Of the control that led here: its step had it.
            self.of(self.trace.structure.advance.effort[effort as usize])
        } else {
            let mut own = args;
            for arg in &mut own[..code.arity()] {
                *arg = self.of(*arg);
            }
            if code == Code::Parameter {
                // The record keeps two apart wherever a model uses one twice.
                own[0] = self.trace.parameters[args[0] as usize].to_bits();
            }
            self.simplified(code, own)
        };
        self.of.insert(number, value);
        value
    }

    fn simplified(&mut self, code: Code, args: [u32; 4]) -> u32 {
        let is_true = |value: u32| {
            let Operation { code, args: [a, b, ..] } = self.all[value as usize];
            let literal = |value: u32| {
                let Operation { code, args } = self.all[value as usize];
                (code == Code::Literal).then_some(args[0])
            };
            let constants = literal(a).zip(literal(b));
            matches!(code, Code::Lt | Code::Le)
                && constants.is_some_and(|(a, b)| code.evaluate([a, b, 0, 0]) == 1)
        };
        match code {
            Code::BothMasks if is_true(args[1]) => args[0],
            Code::BothMasks if is_true(args[0]) => args[1],
            _ => {
                let operation = Operation { code, args };
                let next = self.all.len() as u32;
                let value = *self.known.entry(operation).or_insert(next);
                if value == next {
                    self.all.push(operation);
                }
                value
            }
        }
    }
}

/// What of all values a step needs, and how often.
struct Step<'a> {
    all: &'a [Operation],
    /// By how many others, or as results, each is used; 0 for what is not needed, or the same for all particles.
    uses: Vec<u32>,
}

impl<'a> Step<'a> {
    fn of(all: &'a [Operation], results: &[u32]) -> Self {
        let mut is_shared: Vec<bool> = Vec::with_capacity(all.len());
        for Operation { code, args } in all {
            let args = &args[..code.arity()];
            let is_constant = matches!(code, Code::Literal | Code::Parameter);
            let follows = !args.is_empty() && args.iter().all(|arg| is_shared[*arg as usize]);
            is_shared.push(is_constant || follows);
        }
        let mut uses = vec![0; all.len()];
        results.iter().for_each(|value| uses[*value as usize] += 1);
        // Arguments come before what they are used for.
        for (value, Operation { code, args }) in all.iter().enumerate().rev() {
            if uses[value] > 0 {
                args[..code.arity()].iter().for_each(|arg| uses[*arg as usize] += 1);
            }
        }
        for (uses, is_shared) in uses.iter_mut().zip(is_shared) {
            *uses = if is_shared { 0 } else { *uses };
        }
        Self { all, uses }
    }

    fn counts(mut self) -> Counts {
        let mut counts = Counts::default();
        for value in (0..self.all.len()).rev() {
            if self.uses[value] > 0 {
                self.count(value, &mut counts);
            }
        }
        counts
    }

    /// Counts a value all of whose users were counted.
    fn count(&mut self, value: usize, counts: &mut Counts) {
        let Operation { code, args } = self.all[value];
        let operation = |arg: u32| self.all[arg as usize];
        let field = match code {
            Code::Input | Code::InputMask | Code::Literal | Code::Parameter => return,
            Code::Mul => &mut counts.multiplications,
            Code::Fma | Code::FmaWhere => &mut counts.multiply_adds,
            Code::Add | Code::Sub | Code::AddWhere => &mut counts.additions,
            Code::Div => &mut counts.divisions,
            Code::Sqrt => &mut counts.roots,
            Code::Floor => &mut counts.floors,
            Code::SignedToFloat => &mut counts.conversions,
            Code::Cell => &mut counts.cells,
            Code::Lt | Code::Le | Code::LeAnd => {
                // A comparison of one masked bit with a constant is a test of that bit.
                let tested =
                    args[..2].iter().find(|arg| operation(**arg).code == Code::SignedToFloat);
                if let Some(whole) = tested.filter(|whole| self.is_used_once(**whole)) {
                    let masked = operation(*whole).args[0];
                    if operation(masked).code == Code::And && self.is_used_once(masked) {
                        (self.uses[*whole as usize], self.uses[masked as usize]) = (0, 0);
                    }
                }
                &mut counts.comparisons
            }
            Code::Select => {
                let [mask, yes, no, _] = args;
                let Operation { code, args: [a, b, ..] } = operation(mask);
                if code == Code::Lt && ([a, b] == [yes, no] || [a, b] == [no, yes]) {
                    self.uses[mask as usize] -= 1;
                    &mut counts.extremes
                } else if [yes, no].into_iter().any(|arg| self.could_be_masked(arg)) {
                    return;
                } else {
                    &mut counts.selections
                }
            }
            Code::Neg if self.is_taken_by_sums(value as u32) => return,
            _ => {
                self.fuse_bits(value);
                &mut counts.bits
            }
        };
        *field += 1;
    }

    fn is_used_once(&self, value: u32) -> bool {
        self.uses[value as usize] == 1
    }

    /// Whether the instruction for a value could leave some lanes as they are.
    fn could_be_masked(&self, value: u32) -> bool {
        let code = self.all[value as usize].code;
        let is_plain = matches!(code, Code::Add | Code::Sub | Code::Mul | Code::Div | Code::Sqrt);
        is_plain && self.is_used_once(value)
    }

    /// Whether all that takes a negative could as well take the number itself, with another sign.
    fn is_taken_by_sums(&self, value: u32) -> bool {
        let users =
            self.all.iter().zip(&self.uses).filter(|(user, uses)| {
                **uses > 0 && user.args[..user.code.arity()].contains(&value)
            });
        users.into_iter().all(|(user, _)| matches!(user.code, Code::Fma | Code::Add | Code::Sub))
    }

    /// Leaves out the logic that is part of a value's own: instructions take any function of three.
    fn fuse_bits(&mut self, value: usize) {
        let is_logic = |code| matches!(code, Code::And | Code::Or | Code::Xor | Code::Not);
        let Operation { code, args } = self.all[value];
        if !is_logic(code) {
            return;
        }
        let mut inputs: Vec<u32> = args[..code.arity()].to_vec();
        for arg in inputs.clone() {
            let Operation { code, args } = self.all[arg as usize];
            if is_logic(code) && self.is_used_once(arg) && inputs.len() + code.arity() - 1 <= 3 {
                inputs.retain(|input| *input != arg);
                inputs.extend(&args[..code.arity()]);
                self.uses[arg as usize] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Actions, LaneModel, Model, Visitor, lift};
    use crate::problems::{DiffDrive, Pendulum};
    use crate::real::Real;
    use crate::trace::Trace;

    struct Counted;

    impl Visitor for Counted {
        type Output = Counts;

        fn visit<M: LaneModel>(self, model: M) -> Counts {
            Trace::of(&model).unwrap().step_counts()
        }
    }

    /// A place on a line, with a cost of the control.
    #[derive(Clone, Copy)]
    struct Place;

    impl Model<1, 1> for Place {
        fn actions(&self) -> Actions<1> {
            Actions::within([-1.0], [1.0])
        }

        #[inline(always)]
        fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
            [(-speed).fma(0.1, place).clamp(-1.0, 1.0)]
        }

        #[inline(always)]
        fn cost<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> R {
            (place * speed).where_or(place.lt(0.0), speed.square())
        }
    }

    #[test]
    fn each_operation_is_counted_once_and_none_that_could_be_spared() {
        let expected = Counts {
            multiplications: 2, // of which one could leave lanes as the other has made them
            multiply_adds: 2,   // the control from its share, and the place
            additions: 2,       // cost and lifetime
            comparisons: 1,
            extremes: 2,
            ..Counts::default()
        };
        assert_eq!(lift(Place, Counted).unwrap(), expected);
    }

    #[test]
    fn steps_of_the_models_here_are_as_many_operations_as_ever() {
        let pendulum = Counts {
            multiplications: 10,
            multiply_adds: 17,
            additions: 5,
            comparisons: 2,
            extremes: 2,
            selections: 1,
            bits: 4,
            floors: 1,
            ..Counts::default()
        };
        assert_eq!(lift(Pendulum::default(), Counted).unwrap(), pendulum);
        let robot = Counts {
            multiplications: 12,
            multiply_adds: 22,
            additions: 21,
            comparisons: 2,
            extremes: 6,
            selections: 2,
            bits: 8,
            floors: 3,
            roots: 1,
            cells: 4,
            ..Counts::default()
        };
        assert_eq!(lift(DiffDrive::default(), Counted).unwrap(), robot);
    }
}
