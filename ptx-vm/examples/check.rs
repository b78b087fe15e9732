//! Launches a kernel from a PTX file of one's own and says what it did wrong, or what it wrote.
//!
//! ```text
//! cargo run -p ptx-vm --example check -- ptx-vm/examples/race.ptx block_sum -g 4 -b 128 ones:u32:512 none:u32:4
//! ```

use std::process::ExitCode;
use std::sync::Arc;

use ptx_vm::{Launch, Loaded, Memory, Module};

const HELP: &str = "\
check FILE [KERNEL] [-g X[,Y[,Z]]] [-b X[,Y[,Z]]] [-s BYTES] [VALUE]...

  FILE     PTX, as `nvcc -ptx` or rustc's target nvptx64-nvidia-cuda make it
  KERNEL   its name; without one, the kernels of the file are listed
  -g, -b   blocks of the grid and threads of a block; 1 unless given
  -s       dynamic shared memory of a block

One VALUE for each parameter of the kernel:

  u32:7, s32:-7, u64:7, f32:0.5, f64:0.5   a number
  none:f32:100                             memory for 100 numbers that were never written
  zeros:f32:100, ones:f32:100              memory with such numbers
  count:f32:100                            memory with 0, 1, 2, ...";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match check(&arguments) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// What to print, or why not.
fn check(arguments: &[&str]) -> Result<String, String> {
    let mut launch = Launch::new([1; 3], [1; 3]);
    let mut plain = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(&argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("a value is missing after {argument}"));
        match argument {
            "-h" | "--help" => return Ok(HELP.to_owned()),
            "-g" => launch.grid = extent(value()?)?,
            "-b" => launch.block = extent(value()?)?,
            "-s" => launch.dynamic_shared_bytes = number(value()?)?,
            _ => plain.push(argument),
        }
    }
    let [file, rest @ ..] = &plain[..] else { return Err(HELP.to_owned()) };
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{file}: this is no text"))?;
    let module = Module::parse(&text).map_err(|error| format!("{file}: {error}"))?;
    let [kernel, values @ ..] = rest else { return Ok(kernels(&module)) };

    let module = Arc::new(module);
    let memory = Arc::new(Memory::new(4 << 30));
    let loaded = Loaded::new(module.clone(), memory.clone()).map_err(|error| error.to_string())?;
    let values: Vec<Value> =
        values.iter().map(|text| Value::new(text, &memory)).collect::<Result<_, _>>()?;
    let bytes: Vec<&[u8]> = values.iter().map(|value| &*value.bytes).collect();
    let parameters = module.pack(kernel, &bytes).map_err(|error| format!("{file}: {error}"))?;
    let ran =
        loaded.run(kernel, &launch, &parameters).map_err(|fault| format!("{file}: {fault}"))?;
    let mut lines = vec![format!("no fault in {} thread instructions", ran.thread_instructions)];
    for value in &values {
        lines.extend(value.shown(&memory)?);
    }
    Ok(lines.join("\n"))
}

/// The kernels of a module, with the sizes of their parameters.
fn kernels(module: &Module) -> String {
    let lines: Vec<String> = module
        .kernels()
        .map(|name| {
            let parameters = module.parameters(name).unwrap_or_default();
            let sizes: Vec<String> = parameters.iter().map(|p| p.size.to_string()).collect();
            format!("{name}: parameters of [{}] bytes", sizes.join(", "))
        })
        .collect();
    if lines.is_empty() { "no kernels".to_owned() } else { lines.join("\n") }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no number of the type that is wanted here"))
}

fn extent(text: &str) -> Result<[u32; 3], String> {
    let mut extent = [1; 3];
    for (axis, part) in text.split(',').enumerate() {
        *extent.get_mut(axis).ok_or(format!("`{text}`: there are three axes"))? = number(part)?;
    }
    Ok(extent)
}

/// The value of a parameter.
struct Value {
    text: String,
    bytes: Vec<u8>,
    /// Of memory: its address, the type and how many numbers it holds.
    memory: Option<(u64, Type, usize)>,
}

impl Value {
    fn new(text: &str, memory: &Memory) -> Result<Self, String> {
        let problem = |error: String| format!("{text}: {error}");
        let owned = text.to_owned();
        match text.split(':').collect::<Vec<_>>()[..] {
            [of, value] => {
                let bytes = Type::named(of).and_then(|of| of.bytes(value)).map_err(problem)?;
                Ok(Self { text: owned, bytes, memory: None })
            }
            [fill @ ("none" | "zeros" | "ones" | "count"), of, count] => {
                let of = Type::named(of).map_err(problem)?;
                let count: usize = number(count).map_err(problem)?;
                let size = of.bytes("0").map_err(problem)?.len() as u64;
                let bytes = (count as u64).saturating_mul(size);
                let address = memory.allocate(bytes).map_err(|error| problem(error.to_string()))?;
                let mut content = Vec::new();
                for index in (0..count).take_while(|_| fill != "none") {
                    let value = match fill {
                        "zeros" => "0".to_owned(),
                        "ones" => "1".to_owned(),
                        _ => index.to_string(),
                    };
                    content.extend(of.bytes(&value).map_err(problem)?);
                }
                memory.write(address, &content).map_err(|error| problem(error.to_string()))?;
                let bytes = address.to_le_bytes().to_vec();
                Ok(Self { text: owned, bytes, memory: Some((address, of, count)) })
            }
            _ => Err(problem("no value; --help says how these look".to_owned())),
        }
    }

    /// The first numbers in memory.
    fn shown(&self, memory: &Memory) -> Result<Option<String>, String> {
        let Some((address, of, count)) = self.memory else { return Ok(None) };
        let size = of.bytes("0")?.len();
        let mut bytes = vec![0; size * count.min(8)];
        memory.read(address, &mut bytes).map_err(|error| error.to_string())?;
        let numbers: Vec<String> = bytes.chunks(size).map(|bytes| of.shown(bytes)).collect();
        let more = if count > 8 { ", ..." } else { "" };
        Ok(Some(format!("{}: {}{more}", self.text, numbers.join(", "))))
    }
}

/// The type of a number.
#[derive(Clone, Copy)]
enum Type {
    U32,
    S32,
    U64,
    F32,
    F64,
}

impl Type {
    fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "u32" => Self::U32,
            "s32" => Self::S32,
            "u64" => Self::U64,
            "f32" => Self::F32,
            "f64" => Self::F64,
            _ => return Err(format!("no type `{name}`: u32, s32, u64, f32 or f64")),
        })
    }

    fn bytes(self, value: &str) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::U32 => number::<u32>(value)?.to_le_bytes().to_vec(),
            Self::S32 => number::<i32>(value)?.to_le_bytes().to_vec(),
            Self::U64 => number::<u64>(value)?.to_le_bytes().to_vec(),
            Self::F32 => number::<f32>(value)?.to_le_bytes().to_vec(),
            Self::F64 => number::<f64>(value)?.to_le_bytes().to_vec(),
        })
    }

    fn shown(self, bytes: &[u8]) -> String {
        let mut eight = [0; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        let bits = u64::from_le_bytes(eight);
        match self {
            Self::U32 | Self::U64 => bits.to_string(),
            Self::S32 => (bits as i32).to_string(),
            Self::F32 => f32::from_bits(bits as u32).to_string(),
            Self::F64 => f64::from_bits(bits).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/race.ptx");

    fn run(words: &str) -> Result<String, String> {
        check(
            &words
                .split(' ')
                .map(|word| if word == "FILE" { FILE } else { word })
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn kernels_are_listed_and_run() {
        assert_eq!(run("FILE").unwrap(), "block_sum: parameters of [8, 8] bytes");
        // A single thread reads what the others would have written.
        let error = run("FILE block_sum ones:u32:128 none:u32:1").unwrap_err();
        assert!(error.ends_with("are read but were never written"), "{error}");
        let error = run("FILE block_sum -b 128 ones:u32:128 none:u32:1").unwrap_err();
        assert!(error.ends_with("with no barrier between"), "{error}");
    }

    #[test]
    fn wrong_words_are_told() {
        for (words, told) in [
            ("", "No such file"),
            ("nothing.ptx", "nothing.ptx: No such file"),
            ("FILE other", "no kernel `other`: the module has `block_sum`"),
            ("FILE block_sum", "kernel `block_sum` has 2 parameters, not 0"),
            ("FILE block_sum u32:1 u32:2", "parameter 0 of kernel `block_sum` has 8 bytes, not 4"),
            ("FILE block_sum x y", "x: no value"),
            ("FILE block_sum u32:x y", "u32:x: `x` is no number"),
            ("FILE block_sum ones:u33:1 y", "ones:u33:1: no type `u33`"),
            ("FILE block_sum none:u64:999999999999999 y", "bytes of device memory wanted"),
            ("FILE -b", "a value is missing after -b"),
            ("FILE -g 1,2,3,4", "`1,2,3,4`: there are three axes"),
            ("FILE block_sum -b 2000 u64:1 u64:2", "a block of [2000, 1, 1] threads"),
        ] {
            let error = run(words).unwrap_err();
            assert!(error.contains(told), "{words}: {error}");
        }
    }

    #[test]
    fn files_that_are_no_ptx_are_told() {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/check.rs");
        let error = check(&[source]).unwrap_err();
        assert!(error.contains("check.rs: PTX line "), "{error}");
        let program = std::env::current_exe().unwrap();
        let error = check(&[program.to_str().unwrap()]).unwrap_err();
        assert!(error.ends_with("this is no text"), "{error}");
    }
}
