//! A parsed module.

use std::collections::{HashMap, HashSet};

use crate::decode;
use crate::instruction::Code;
use crate::parameters::Parameter;
use crate::syntax::tree::{Space, Value, Variable};
use crate::syntax::{self, ParseError};

/// The memory that a kernel needs without being asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Shared memory that the kernel and the functions that it calls declare, in bytes.
    pub static_shared_bytes: usize,
    /// Local variables of a thread, in bytes, where calls are nested most deeply. Recursion counts once.
    pub local_bytes: usize,
}

/// A module: the kernels, functions and variables of one PTX text, parsed.
#[derive(Debug)]
pub struct Module {
    version: (u32, u32),
    pub(crate) codes: Vec<Code>,
    pub(crate) variables: Vec<Variable>,
    kernels: HashMap<String, Vec<Parameter>>,
    order: Vec<String>,
    lines: Vec<String>,
}

impl Module {
    /// Parses PTX text.
    ///
    /// # Errors
    /// For whatever is not understood, down to a modifier of an instruction: nothing is skipped
    /// that could change what a kernel does.
    pub fn parse(ptx: &str) -> Result<Self, ParseError> {
        let tree = syntax::parse(ptx)?;
        for variable in &tree.variables {
            if variable.external && variable.space != Space::Shared {
                let message = format!("`{}` is declared but not defined", variable.name);
                return Err(ParseError::new(variable.line, message));
            }
            for value in &variable.values {
                if let Value::Symbol { name, .. } = value
                    && !tree.variables.iter().any(|other| other.name == *name)
                    && !tree.functions.iter().any(|other| other.defined && other.name == *name)
                {
                    let message =
                        format!("`{}` refers to `{name}`, which is nothing", variable.name);
                    return Err(ParseError::new(variable.line, message));
                }
            }
        }
        let codes = decode::decode(&tree)?;
        let entries = codes.iter().filter(|code| code.entry);
        let kernels = entries
            .clone()
            .map(|code| {
                let parameters = code.parameters.iter().map(|place| Parameter {
                    offset: place.offset as usize,
                    size: place.size as usize,
                    align: place.align as usize,
                });
                (code.name.clone(), parameters.collect())
            })
            .collect();
        Ok(Self {
            version: tree.version,
            order: entries.map(|code| code.name.clone()).collect(),
            codes,
            variables: tree.variables,
            kernels,
            lines: ptx.lines().map(|line| line.trim().to_owned()).collect(),
        })
    }

    /// The names of the kernels, in the order of the text.
    pub fn kernels(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// The parameters of a kernel, `None` if there is no such kernel.
    #[must_use]
    pub fn parameters(&self, kernel: &str) -> Option<&[Parameter]> {
        self.kernels.get(kernel).map(Vec::as_slice)
    }

    /// The version of PTX that the text is written in, such as `(7, 0)`.
    #[must_use]
    pub fn version(&self) -> (u32, u32) {
        self.version
    }

    /// What a kernel needs, `None` if there is no such kernel.
    #[must_use]
    pub fn resources(&self, kernel: &str) -> Option<Resources> {
        let index = self.codes.iter().position(|code| code.entry && code.name == kernel)?;
        Some(Resources {
            static_shared_bytes: self.shared_places(index).1,
            local_bytes: self.local_bytes(index),
        })
    }

    /// A line of the text, counted from 1.
    pub(crate) fn line(&self, line: usize) -> &str {
        line.checked_sub(1).and_then(|index| self.lines.get(index)).map_or("", String::as_str)
    }

    /// The variables of the module by name.
    pub(crate) fn names(&self) -> HashMap<&str, usize> {
        let variables = self.variables.iter().enumerate();
        variables.map(|(index, variable)| (&*variable.name, index)).collect()
    }

    /// Where the shared variables that a kernel uses stand, and the size of those with a size.
    /// Those without one, the dynamic shared memory, all stand behind.
    pub(crate) fn shared_places(&self, kernel: usize) -> (Vec<(u32, usize)>, usize) {
        let mut seen = HashSet::from([kernel as u32]);
        let mut next = vec![kernel as u32];
        let mut used = HashSet::new();
        while let Some(code) = next.pop() {
            let code = &self.codes[code as usize];
            used.extend(code.variables.iter().copied());
            let all = 0..self.codes.len() as u32;
            let called: Vec<u32> = if code.indirect { all.collect() } else { code.callees.clone() };
            next.extend(called.into_iter().filter(|callee| seen.insert(*callee)));
        }
        let mut places = Vec::new();
        let mut end = 0usize;
        let mut dynamic = Vec::new();
        for (index, variable) in self.variables.iter().enumerate() {
            if variable.space != Space::Shared || !used.contains(&(index as u32)) {
                continue;
            }
            if variable.external || variable.bytes == 0 {
                dynamic.push((index as u32, variable.align));
                continue;
            }
            let offset = end.next_multiple_of(variable.align);
            places.push((index as u32, offset));
            end = offset + variable.bytes;
        }
        // Dynamic shared memory starts where the strictest of its names wants it.
        if let Some(align) = dynamic.iter().map(|(_, align)| *align).max() {
            end = end.next_multiple_of(align);
        }
        places.extend(dynamic.into_iter().map(|(index, _)| (index, end)));
        (places, end)
    }

    /// Local memory of a function and of what it calls, where recursion counts once.
    fn local_bytes(&self, kernel: usize) -> usize {
        let mut seen = vec![false; self.codes.len()];
        let mut needed = vec![0; self.codes.len()];
        let mut path = vec![(kernel, 0)];
        seen[kernel] = true;
        while let Some((code, tried)) = path.last_mut() {
            let code = *code;
            let callee = self.codes[code].callees.get(*tried).map(|&callee| callee as usize);
            *tried += 1;
            match callee {
                Some(callee) if !std::mem::replace(&mut seen[callee], true) => {
                    path.push((callee, 0));
                }
                Some(_) => {}
                None => {
                    let callees = self.codes[code].callees.iter();
                    let inner = callees.map(|&callee| needed[callee as usize]).max();
                    needed[code] = self.codes[code].local as usize + inner.unwrap_or(0);
                    path.pop();
                }
            }
        }
        needed[kernel]
    }
}
