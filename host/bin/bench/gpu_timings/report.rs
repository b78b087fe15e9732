//! The figures, as a table and as JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use particle_pilot::Simd;
use particle_pilot::backend::DeviceInfo;
use serde::Serialize;

use crate::measure::Figure;
use crate::work::{Bench, Row};

/// What was measured of one row. All times are in seconds.
#[derive(Serialize)]
pub struct Timed {
    name: &'static str,
    about: String,
    /// What the project wants of an H200.
    target_s: Option<f64>,
    /// What the inner loop's instructions alone take on this GPU, at the clock that the driver names.
    pub limit_s: Option<f64>,
    /// The clocks for a step of 32 particles from which that follows.
    pub clocks_per_step: Option<f64>,
    /// Steps that particles take.
    pub particle_steps: Option<u64>,
    /// By the GPU's own clock: launches and the copy of the answer.
    pub device: Option<Figure>,
    /// From call to answer.
    pub host: Option<Figure>,
    /// The part of `host` that opens the GPU and loads the kernels: the time of one episode of one step.
    pub opening: Option<Figure>,
    /// The same on this machine's CPU, all threads.
    pub cpu: Option<Figure>,
    /// The CPU did one part in so many, and its time is multiplied by it.
    pub cpu_scaled_by: Option<u32>,
    /// Whether the GPU's answers are the CPU's.
    pub same_bits: Option<bool>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Timed {
    /// A row before anything was measured.
    pub fn new(row: &Row) -> Self {
        Self {
            name: row.name,
            about: row.about(),
            target_s: row.target_s,
            limit_s: None,
            clocks_per_step: None,
            particle_steps: None,
            device: None,
            host: None,
            opening: None,
            cpu: None,
            cpu_scaled_by: None,
            same_bits: None,
            error: None,
        }
    }

    /// Whether it was measured, of right answers.
    fn is_good(&self) -> bool {
        self.error.is_none() && self.same_bits != Some(false)
    }

    fn line(&self) -> String {
        let time = |figure: &Option<Figure>| median(figure).map_or("-".into(), seconds);
        let plain = |time: Option<f64>| time.map_or("-".into(), seconds);
        let (name, spread) = (self.name, self.host.as_ref().map(|figure| figure.spread));
        let spread = spread.map_or("-".into(), |share| format!("{:.0}%", share * 100.0));
        let ratio = median(&self.cpu).zip(median(&self.host)).map(|(cpu, gpu)| cpu / gpu);
        let ratio = ratio.map_or("-".into(), |ratio| format!("{ratio:.1}x"));
        let bits = match self.same_bits {
            Some(true) => "same",
            Some(false) => "DIFFER",
            None => "-",
        };
        format!(
            "{name:18} {:>9} {:>9} {spread:>6} {:>9} {:>9} {:>9} {ratio:>8}  {bits}\n",
            time(&self.device),
            time(&self.host),
            plain(self.target_s),
            plain(self.limit_s),
            time(&self.cpu),
        )
    }

    /// What the line has no room for.
    fn remarks(&self) -> String {
        let mut text = String::new();
        if let Some(error) = &self.error {
            text += &format!("{}: FAILED: {error}\n", self.name);
        }
        if let Some((steps, device)) = self.particle_steps.zip(median(&self.device)) {
            let rate = |time: f64| format!("{:.2e}", steps as f64 / time);
            text += &format!("{}: {} particle-steps/s on the GPU's clock", self.name, rate(device));
            let target = self.target_s.map(|time| format!("; target {} (H200)", rate(time)));
            let limit = self.limit_s.map(|time| format!("; limit {} (this GPU)", rate(time)));
            text += &(target.unwrap_or_default() + &limit.unwrap_or_default() + "\n");
        }
        if let Some(opening) = median(&self.opening) {
            text += &format!(
                "{}: {} of it opens the GPU and loads the kernels\n",
                self.name,
                seconds(opening)
            );
        }
        if let Some(factor) = self.cpu_scaled_by.filter(|factor| *factor > 1) {
            text += &format!(
                "{}: the CPU ran one in {factor} of them; its time is scaled\n",
                self.name
            );
        }
        text
    }
}

/// Everything.
#[derive(Serialize)]
pub struct Report {
    program: &'static str,
    version: &'static str,
    /// When it began, in seconds since 1970.
    unix_time: u64,
    /// Whether the GPU is a program, and the figures mean nothing.
    is_virtual: bool,
    /// Whether fewer and shorter samples were taken.
    quick: bool,
    gpu: DeviceInfo,
    cpu_simd: Option<Simd>,
    cpu_threads: usize,
    rows: Vec<Timed>,
}

impl Report {
    /// Before the first row.
    pub fn begin(bench: &Bench, is_virtual: bool, quick: bool) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            program: "gpu_timings",
            version: env!("CARGO_PKG_VERSION"),
            unix_time: since_1970.as_secs(),
            is_virtual,
            quick,
            gpu: bench.gpu.clone(),
            cpu_simd: Simd::select().ok(),
            cpu_threads: std::thread::available_parallelism().map_or(1, usize::from),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn add(&mut self, row: Timed) {
        self.rows.push(row);
    }

    /// Whether everything was measured, of right answers.
    pub fn is_good(&self) -> bool {
        self.rows.iter().all(Timed::is_good)
    }

    /// The machine, in a line.
    pub fn heading(&self) -> String {
        let DeviceInfo { name, compute_capability, multiprocessors, clock_khz, .. } = &self.gpu;
        let (major, minor) = compute_capability;
        let simd = self.cpu_simd.map_or("unknown", Simd::name);
        let kind = match (self.is_virtual, self.quick) {
            (true, _) => "; NOT A GPU: little work, and the figures mean nothing",
            (false, true) => "; quick: few samples",
            (false, false) => "",
        };
        format!(
            "{name}, compute capability {major}.{minor}, {multiprocessors} multiprocessors at {:.2} GHz; CPU \
             {simd} x {} threads{kind}",
            f64::from(*clock_khz) / 1e6,
            self.cpu_threads,
        )
    }

    /// All rows, with what the columns mean.
    pub fn table(&self) -> String {
        let mut text = format!("{}\n\n", self.heading());
        text += &format!(
            "{:18} {:>9} {:>9} {:>6} {:>9} {:>9} {:>9} {:>8}  {}\n",
            "row", "GPU clock", "host", "spread", "H200 goal", "limit", "CPU", "CPU/host", "bits"
        );
        self.rows.iter().for_each(|row| text += &row.line());
        text += "\n";
        for row in &self.rows {
            text += &format!("{}: {}\n", row.name, row.about);
        }
        text += "\n";
        self.rows.iter().for_each(|row| text += &row.remarks());
        text += "\nGPU clock: launches and the answer's copy, by the GPU's own events. host: from call to answer.\n\
                 Medians; spread: from the first quartile to the third, of host. limit: the inner loop's\n\
                 instructions alone on this GPU at its highest clock. bits: the answers against the CPU's.\n";
        text
    }
}

fn median(figure: &Option<Figure>) -> Option<f64> {
    figure.as_ref().map(|figure| figure.median_s)
}

/// `12.3 µs`: three digits and a unit.
fn seconds(time: f64) -> String {
    let (value, unit) = match time {
        t if t < 1e-3 => (t * 1e6, "µs"),
        t if t < 1.0 => (t * 1e3, "ms"),
        t => (t, "s"),
    };
    let digits = match value {
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}
