//! The page that `bench --report` writes must work in a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::check::Outcome;
use crate::command::{command, have, output_and_errors, run, target_dir};
use crate::programs;

/// Chromium under the names that it goes by, smallest first.
const BROWSERS: [&str; 4] =
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
/// No window, nothing from the network, and no isolation, which needs more rights than a container has.
const OPTIONS: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
                       --disable-background-networking --disable-component-update --disable-sync";
/// A browser that takes longer, in seconds, hangs, also on a machine with much else to do.
const PATIENCE: &str = "600";
/// How far the clock of scripts runs, in milliseconds; it does not wait.
const SCRIPTS_CLOCK: &str = "6000";
/// Windows.
const DESK: &str = "--window-size=1100,900";
const PHONE: &str = "--window-size=390,800";
/// An empty page has a handful of colours, an empty scene some hundreds, of its texts; cart and futures bring
/// thousands.
const PAGE_COLOURS: usize = 100;
const SCENE_COLOURS: usize = 800;
/// From one decision to one far from it; the cursor alone changes some hundreds.
const CHANGED_BYTES: usize = 10_000;

const WATCH: &str = include_str!("pages/watch.js");
const PROBE: &str = include_str!("pages/probe.js");

/// What `probe.js` found.
#[derive(Debug, Deserialize)]
struct Findings {
    /// Steps that the replay went on by itself.
    advanced: i64,
    moved_while_paused: i64,
    scrubbed_to: String,
    bytes_changed: usize,
    /// Different ones on the canvas.
    colours: usize,
    after_arrow: i64,
    after_space: i64,
    /// Plots and tables, and how many of them tell that there is more of them to the side.
    frames: usize,
    wide: usize,
    /// By how much the page is wider than the window.
    overflow: f64,
    /// Things that were loaded.
    outside: usize,
    /// What scripts complained about.
    faults: Vec<String>,
}

/// Makes a report and uses it in a browser.
pub fn work() -> Result<Outcome> {
    let programs = programs::build()?;
    let Some(browser) = BROWSERS.into_iter().find(|name| have(name)) else {
        let hint = "on Debian, `apt-get install chromium-headless-shell`";
        return Ok(Outcome::Skipped(format!("no Chromium to open the page in; {hint}")));
    };
    let folder = target_dir().join("pages");
    let _ = fs::remove_dir_all(&folder); // what an earlier run left
    fs::create_dir_all(&folder).context("no folder for the page")?;
    let page = folder.join("report.html");
    run(command(programs.join("bench"), "--tiny --quiet --report").arg(&page))?;
    let probed = folder.join("probed.html");
    fs::write(&probed, with_probe(&fs::read_to_string(&page)?)?)?;

    let browse = |page: &Path| Browser { name: browser, folder: &folder, page: page.to_owned() };
    let desk = findings(&browse(&probed).dom(&[DESK])?)?;
    judge(&desk)?;
    ensure!(desk.frames > 3 && desk.wide == 0, "there is room, but parts are cut off: {desk:?}");
    let still = findings(&browse(&probed).dom(&["--force-prefers-reduced-motion"])?)?;
    ensure!(still.advanced == 0, "moves by itself although the reader wants no motion: {still:?}");
    let phone = findings(&browse(&probed).dom(&[PHONE])?)?;
    ensure!(phone.wide > 3, "a phone does not tell that plots and tables go on: {phone:?}");
    ensure!(phone.overflow <= 0.0, "the whole page is wider than a phone: {phone:?}");
    for scheme in ["0", "1"] {
        let colours = colours(&browse(&page).screenshot(scheme)?)?;
        ensure!(colours >= PAGE_COLOURS, "the page is blank: it has {colours} colours");
    }
    Ok(Outcome::Passed)
}

fn judge(seen: &Findings) -> Result<()> {
    ensure!(seen.faults.is_empty(), "a script complained: {:?}", seen.faults);
    ensure!(seen.outside == 0, "the page loads {} things from outside", seen.outside);
    ensure!(seen.advanced > 5, "the replay does not play by itself: {seen:?}");
    ensure!(seen.moved_while_paused == 0, "the replay does not pause: {seen:?}");
    let arrived = seen.scrubbed_to.starts_with("123 ") && seen.bytes_changed > CHANGED_BYTES;
    ensure!(arrived, "the slider does not move the replay: {seen:?}");
    ensure!(seen.colours >= SCENE_COLOURS, "the canvas is blank: {seen:?}");
    ensure!(seen.after_arrow == 124, "the arrow keys do not move the replay: {seen:?}");
    ensure!(seen.after_space > 124, "the space bar does not play: {seen:?}");
    Ok(())
}

/// The page with scripts that watch and use it.
fn with_probe(page: &str) -> Result<String> {
    let (head, rest) = page.split_once("<head>").context("the page has no head")?;
    let (body, tail) = rest.rsplit_once("</body>").context("the page has no end")?;
    Ok(format!("{head}<head><script>{WATCH}</script>{body}<script>{PROBE}</script></body>{tail}"))
}

fn findings(dom: &str) -> Result<Findings> {
    let after = dom.split_once("<pre id=\"findings\">").map(|(_, after)| after);
    let text = after.and_then(|after| after.split_once("</pre>")).map(|(text, _)| text);
    let text = text.context("the page's scripts did not get to their end")?;
    serde_json::from_str(text).with_context(|| format!("found {text}"))
}

/// How many different colours a PNG has.
fn colours(path: &Path) -> Result<usize> {
    let file = std::io::BufReader::new(fs::File::open(path)?);
    let mut reader = png::Decoder::new(file).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels)?;
    let pixels = pixels[..info.buffer_size()].chunks_exact(info.color_type.samples());
    Ok(pixels.collect::<std::collections::HashSet<_>>().len())
}

/// A page in a browser that has seen nothing else.
struct Browser<'a> {
    name: &'a str,
    folder: &'a Path,
    page: PathBuf,
}

impl Browser<'_> {
    fn command(&self) -> Command {
        let profile = self.folder.join("profile");
        let _ = fs::remove_dir_all(&profile);
        let mut browser = command("timeout", PATIENCE);
        browser.arg(self.name).args(OPTIONS.split_whitespace());
        browser.arg(format!("--user-data-dir={}", profile.display()));
        browser.arg(format!("--virtual-time-budget={SCRIPTS_CLOCK}"));
        browser
    }

    fn address(&self) -> String {
        format!("file://{}", self.page.display())
    }

    /// The document once its scripts have run.
    fn dom(&self, options: &[&str]) -> Result<String> {
        let mut browser = self.command();
        browser.args(options).arg("--dump-dom").arg(self.address());
        // Where there is no desktop a browser complains of much; it is shown only where it fails.
        output_and_errors(&mut browser)
    }

    /// A picture of it, in the colours of this scheme: 0 is dark, 1 is light.
    fn screenshot(&self, scheme: &str) -> Result<PathBuf> {
        let path = self.folder.join(format!("scheme-{scheme}.png"));
        let mut browser = self.command();
        browser.arg(format!("--blink-settings=preferredColorScheme={scheme}"));
        browser.arg(format!("--screenshot={}", path.display()));
        output_and_errors(browser.args(["--window-size=1100,1600", &self.address()]))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_watches_from_the_start_and_its_findings_are_found() {
        let page = with_probe("<html><head><title></title></head><body></body></html>").unwrap();
        assert!(page.find(WATCH) < page.find("<title>") && page.contains(PROBE));
        let json = r#"{"advanced":1,"moved_while_paused":0,"scrubbed_to":"1 of 2","bytes_changed":3,
            "colours":4,"after_arrow":5,"after_space":6,"frames":7,"wide":0,"overflow":0,"outside":0,"faults":["oh"]}"#;
        let seen = findings(&format!("<body><pre id=\"findings\">{json}</pre>")).unwrap();
        assert!(judge(&seen).unwrap_err().to_string().contains("oh"));
        assert!(findings("<body>").is_err());
    }
}
