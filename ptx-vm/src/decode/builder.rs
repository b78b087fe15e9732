//! Collects the instructions of one function and cuts them into blocks.

use std::collections::HashMap;

use super::{Names, Problem, places, problem};
use crate::instruction::{Code, Constant, Instruction, Op, Place, Slot};
use crate::machine::space::MOST_LOCAL_BYTES;
use crate::order;
use crate::syntax::ParseError;
use crate::syntax::tree::{Function, Space, Statement};
use crate::syntax::types::{Class, Register};

pub(crate) struct Builder<'t> {
    pub names: &'t Names<'t>,
    pub function: &'t Function,
    instructions: Vec<Instruction>,
    /// Where each statement begins.
    starts: Vec<u32>,
    line: u32,
    guard: Option<(Slot, bool)>,
    banks: [usize; 3],
    constants: HashMap<(Class, Constant), Slot>,
    places: HashMap<&'t str, Place>,
    pub variables: Vec<u32>,
    pub callees: Vec<u32>,
    pub indirect: bool,
    parameters: Vec<Place>,
    results: Vec<Place>,
    area: usize,
    local: usize,
    local_align: u32,
}

/// More local memory or parameters of one function than this are refused: no thread has so much.
const MOST_BYTES: usize = MOST_LOCAL_BYTES as usize;

/// Parameters of functions begin at multiples of this, in bytes.
const WORD: usize = 4;

/// Branch targets before blocks are laid out: statements, or this and the index of an instruction.
const TO_INSTRUCTION: u32 = 1 << 31;

impl<'t> Builder<'t> {
    pub fn new(names: &'t Names<'t>, function: &'t Function) -> Self {
        // Calls copy words. Only the parameters of a kernel lie as the caller's bytes do.
        let unit = if function.entry { 1 } else { WORD };
        let (parameters, end) = places(function.parameters.iter(), 0, unit);
        let (results, end) = places(function.results.iter(), end, WORD);
        let inner = |space| function.variables.iter().filter(move |v| v.space == space);
        let (own, area) = places(inner(Space::Param), end, WORD);
        let (locals, local) = places(inner(Space::Local), 0, 1);
        let local_align = locals.iter().map(|place| place.align).max();
        let lists = [
            (function.parameters.iter().collect::<Vec<_>>(), &parameters),
            (function.results.iter().collect(), &results),
            (inner(Space::Param).collect(), &own),
            (inner(Space::Local).collect(), &locals),
        ];
        let places = lists.iter().flat_map(|(variables, places)| {
            variables.iter().zip(places.iter()).map(|(variable, place)| (&*variable.name, *place))
        });
        Self {
            names,
            function,
            instructions: Vec::new(),
            starts: Vec::new(),
            line: 0,
            guard: None,
            banks: function.registers,
            constants: HashMap::new(),
            places: places.collect(),
            variables: Vec::new(),
            callees: Vec::new(),
            indirect: false,
            parameters,
            results,
            area,
            local: local.next_multiple_of(16),
            local_align: local_align.unwrap_or(1),
        }
    }

    /// Starts the next statement.
    pub fn begin(&mut self, index: usize, statement: &Statement) {
        debug_assert_eq!(index, self.starts.len());
        self.starts.push(self.instructions.len() as u32);
        self.line = statement.line as u32;
        self.guard = statement.guard.map(|(register, negated)| (register.slot, negated));
    }

    /// The place of a parameter or local variable.
    pub fn place(&self, name: &str) -> Option<Place> {
        self.places.get(name).copied()
    }

    /// Adds an operation under the guard of the statement.
    pub fn push(&mut self, op: Op) {
        self.instructions.push(Instruction { op, guard: self.guard, line: self.line });
    }

    /// Adds an operation that does not look at its guard: lanes without it branch around.
    pub fn push_alone(&mut self, op: Op) {
        if let Some((slot, negated)) = self.guard.take() {
            let target = TO_INSTRUCTION | (self.instructions.len() as u32 + 2);
            let guard = Some((slot, !negated));
            let around = Instruction { op: Op::Branch { target }, guard, line: self.line };
            self.instructions.push(around);
        }
        self.push(op);
    }

    /// The statement that a label stands before.
    pub fn label(&self, name: &str) -> Result<u32, Problem> {
        let index = self.function.labels.get(name);
        index.map_or_else(|| problem(format!("no label `{name}`")), |&index| Ok(index as u32))
    }

    /// A register that no name stands for.
    pub fn temporary(&mut self, class: Class) -> Result<Slot, Problem> {
        let bank = match class {
            Class::B16 | Class::B32 => 0,
            Class::B64 => 1,
            Class::Predicate => 2,
        };
        let slot = self.banks[bank];
        self.banks[bank] += 1;
        Slot::try_from(slot).or_else(|_| problem("too many registers and constants"))
    }

    /// The register that a constant stands in.
    pub fn constant(&mut self, class: Class, constant: Constant) -> Result<Slot, Problem> {
        if let Some(slot) = self.constants.get(&(class, constant)) {
            return Ok(*slot);
        }
        let slot = self.temporary(class)?;
        self.constants.insert((class, constant), slot);
        Ok(slot)
    }

    /// Cuts the instructions into blocks and orders these.
    pub fn finish(mut self) -> Result<Code, ParseError> {
        if self.area > MOST_BYTES || self.local > MOST_BYTES {
            let line = self.function.body.first().map_or(1, |statement| statement.line);
            return Err(ParseError::new(line, "too many local variables or parameters"));
        }
        let end = self.instructions.len() as u32;
        self.starts.push(end);
        // Running off the end of a function returns, as nvcc's assembler has it.
        self.guard = None;
        self.push(Op::Return);
        let resolve = |starts: &[u32], target: u32| {
            let index = target & !TO_INSTRUCTION;
            if target & TO_INSTRUCTION != 0 { index } else { starts[index as usize] }
        };
        let count = self.instructions.len();
        let mut leads = vec![false; count];
        leads[0] = true;
        for index in 0..count {
            let starts = &self.starts;
            let ends = match &mut self.instructions[index].op {
                Op::Branch { target } => {
                    *target = resolve(starts, *target);
                    leads[*target as usize] = true;
                    true
                }
                Op::Table { targets, .. } => {
                    for target in targets.iter_mut() {
                        *target = resolve(starts, *target);
                        leads[*target as usize] = true;
                    }
                    true
                }
                op => matches!(op, Op::Return | Op::Exit | Op::Trap),
            };
            if ends && index + 1 < count {
                leads[index + 1] = true;
            }
        }
        let blocks: Vec<usize> = (0..count).filter(|&index| leads[index]).collect();
        let mut block_of = vec![0; count];
        for (block, &start) in blocks.iter().enumerate() {
            block_of[start] = block;
        }
        // Copy the blocks, with an explicit end where one runs on into the next.
        let mut code = Vec::with_capacity(count + blocks.len());
        let mut begins = Vec::with_capacity(blocks.len());
        let mut successors = vec![Vec::new(); blocks.len()];
        for (block, &start) in blocks.iter().enumerate() {
            let end = blocks.get(block + 1).copied().unwrap_or(count);
            begins.push(code.len() as u32);
            code.extend_from_slice(&self.instructions[start..end]);
            let last = &self.instructions[end - 1];
            let next = &mut successors[block];
            match &last.op {
                Op::Branch { target } => {
                    next.push(block_of[*target as usize]);
                    if last.guard.is_some() && block + 1 < blocks.len() {
                        next.push(block + 1);
                    }
                }
                Op::Table { targets, .. } => {
                    next.extend(targets.iter().map(|&target| block_of[target as usize]));
                }
                Op::Return | Op::Exit | Op::Trap => {}
                _ => {
                    next.push(block + 1);
                    let op = Op::Enter { target: end as u32 };
                    code.push(Instruction { op, guard: None, line: last.line });
                }
            }
        }
        let mut priority = vec![u32::MAX; code.len()];
        for (block, rank) in order::priorities(&successors).into_iter().enumerate() {
            priority[begins[block] as usize] = rank;
        }
        for instruction in &mut code {
            let place = |target: &mut u32| *target = begins[block_of[*target as usize]];
            match &mut instruction.op {
                Op::Branch { target } | Op::Enter { target } => place(target),
                Op::Table { targets, .. } => targets.iter_mut().for_each(place),
                _ => {}
            }
        }
        self.variables.sort_unstable();
        self.variables.dedup();
        self.callees.sort_unstable();
        self.callees.dedup();
        let constants = self.constants.iter();
        let mut constants: Vec<_> = constants
            .map(|(&(class, constant), &slot)| (Register { class, slot }, constant))
            .collect();
        constants.sort_by_key(|(register, _)| register.slot);
        Ok(Code {
            name: self.function.name.clone(),
            entry: self.function.entry,
            instructions: code,
            priority,
            banks: self.banks,
            constants,
            parameters: self.parameters,
            results: self.results,
            area: self.area as u32,
            local: self.local as u32,
            local_align: self.local_align,
            variables: self.variables,
            callees: self.callees,
            indirect: self.indirect,
        })
    }
}
