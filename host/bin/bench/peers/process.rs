//! A peer's process: asked in lines of JSON, never waited for without end, killed when it is no longer needed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::shared::interrupt;

/// How often Ctrl-C is looked for while waiting.
const GLANCE: Duration = Duration::from_millis(20);
/// Characters of what a peer complained that are told.
const COMPLAINT: usize = 300;

/// How to start a peer.
#[derive(Clone, Debug)]
pub struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<PathBuf>,
    /// Where its standard error goes.
    pub complaints: PathBuf,
    pub threads: usize,
    pub on_gpu: bool,
}

/// How long a peer may take to answer.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// Until it has imported what it needs.
    pub hello: Duration,
    /// For anything else; compilers take their time.
    pub answer: Duration,
}

impl Waits {
    pub const USUAL: Self =
        Self { hello: Duration::from_secs(60), answer: Duration::from_secs(120) };
}

/// A running peer, or one that is started again when it is next asked to prepare.
pub struct Process {
    launch: Launch,
    pub waits: Waits,
    running: Option<Running>,
}

struct Running {
    child: Child,
    requests: ChildStdin,
    lines: Receiver<String>,
    complaints: PathBuf,
}

impl Process {
    pub fn start(launch: Launch, waits: Waits) -> Result<Self> {
        let running = Some(Running::start(&launch)?);
        Ok(Self { launch, waits, running })
    }

    /// Starts it again if it has ended.
    pub fn revive(&mut self) -> Result<()> {
        if self.running.is_none() {
            self.running = Some(Running::start(&self.launch)?);
            self.ask(&serde_json::json!({"do": "hello"}), self.waits.hello)?;
        }
        Ok(())
    }

    /// Its answer.
    ///
    /// # Errors
    /// If it says that it cannot; and, after which the process has ended, if it answers nothing for so long, ends
    /// or answers what is not JSON, and on Ctrl-C.
    pub fn ask(&mut self, request: &Value, patience: Duration) -> Result<Value> {
        let running = self.running.as_mut().context("it has ended")?;
        let answer = match running.ask(request, patience) {
            Ok(answer) => answer,
            Err(error) => {
                let complaint = running.complaint();
                self.running = None;
                return Err(error.context(complaint));
            }
        };
        match answer.get("error") {
            Some(error) => Err(anyhow!("{}", error.as_str().unwrap_or("unknown error"))),
            None => Ok(answer),
        }
    }
}

impl Running {
    fn start(launch: &Launch) -> Result<Self> {
        let complaints = launch.complaints.clone();
        let mut command = Command::new(&launch.program);
        command.args(&launch.arguments).env("PYTHONUNBUFFERED", "1");
        let threads = launch.threads.to_string();
        for variable in ["PEER_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"] {
            command.env(variable, &threads);
        }
        command.env("PEER_DEVICE", if launch.on_gpu { "gpu" } else { "cpu" });
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&complaints)?);
        let shown = launch.program.display();
        let mut child = command.spawn().with_context(|| format!("cannot start {shown}"))?;
        let (requests, answers) = (child.stdin.take(), child.stdout.take());
        let (Some(requests), Some(answers)) = (requests, answers) else {
            bail!("{shown} has no pipes");
        };
        let (sender, lines) = channel();
        // It ends with the process, whose end closes the pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(answers).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, requests, lines, complaints })
    }

    fn ask(&mut self, request: &Value, patience: Duration) -> Result<Value> {
        writeln!(self.requests, "{request}").context("it has ended")?;
        let deadline = Instant::now() + patience;
        loop {
            match self.lines.recv_timeout(GLANCE) {
                Ok(line) => {
                    return serde_json::from_str(&line).context("its answer is no line of JSON");
                }
                Err(RecvTimeoutError::Disconnected) => bail!("it has ended"),
                Err(RecvTimeoutError::Timeout) if interrupt::stopped() => bail!("interrupted"),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    bail!("no answer within {:.0} s", patience.as_secs_f64());
                }
                Err(RecvTimeoutError::Timeout) => (),
            }
        }
    }

    /// The last line that it wrote to its standard error.
    fn complaint(&self) -> String {
        let mut bytes = Vec::new();
        let _ = File::open(&self.complaints).and_then(|mut file| file.read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes);
        let last = text.lines().rfind(|line| !line.trim().is_empty());
        let said = last.map(|line| line.chars().take(COMPLAINT).collect::<String>());
        said.map_or("it said nothing".into(), |said| format!("it said last: {said}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
