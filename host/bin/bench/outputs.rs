//! Where results go.

use std::path::{Path, PathBuf};

use anyhow::Result;
use particle_pilot::Simd;

use crate::options::OutputOptions;
use crate::plots::Plot;
use crate::record::Record;
use crate::report;
use crate::shared::output::{Sink, print, say};
use crate::shared::picture::Picture;
use crate::shared::places::{Named, distinct};
use crate::shared::usage::usage;

/// The forms of each picture.
const ENDINGS: [&str; 2] = ["svg", "png"];

/// Everything that is asked for, and can be written.
pub struct Outputs {
    json: Option<Sink>,
    csv: Option<Sink>,
    markdown: Option<Sink>,
    page: Option<Sink>,
    pictures: Vec<(Plot, Vec<Picture>)>,
    quiet: bool,
    for_people: bool,
}

impl Outputs {
    /// Makes sure that all can be written.
    ///
    /// # Errors
    /// [`UsageError`](crate::shared::output::UsageError) if not, if two would go to the same file, or one to one of the
    /// `inputs`.
    pub fn open(options: &OutputOptions, inputs: &[Named<'_>]) -> Result<Self> {
        let files = [&options.json, &options.csv, &options.markdown, &options.report];
        let files = files.map(|path| path.as_deref());
        let pictures = options.plot.as_deref().map(picture_paths).unwrap_or_default();
        let pictured = pictures.iter().map(|path| ("--plot", Some(path.as_path())));
        let named = ["--json", "--csv", "--markdown", "--report"].into_iter().zip(files);
        distinct(inputs, &named.chain(pictured).collect::<Vec<_>>())?;
        for (option, path) in [("--plot", &options.plot), ("--report", &options.report)] {
            if path.as_deref() == Some(Path::new("-")) {
                return Err(usage(format!("{option} cannot go to standard output; name a place")));
            }
        }
        if options.report.is_some() {
            Simd::select().map_err(usage)?; // the page's episode is run with them
        }
        let open = |path: &Option<PathBuf>| path.as_deref().map(Sink::open).transpose();
        let is_stdout = |path: &Option<&Path>| *path == Some(Path::new("-"));
        Ok(Self {
            json: open(&options.json)?,
            csv: open(&options.csv)?,
            markdown: open(&options.markdown)?,
            page: open(&options.report)?,
            // Last, since a folder that was made would stay.
            pictures: options.plot.as_deref().map(open_pictures).transpose()?.unwrap_or_default(),
            quiet: options.quiet,
            for_people: !options.quiet && !files.iter().any(is_stdout),
        })
    }

    pub fn quiet(&self) -> bool {
        self.quiet
    }

    pub fn write(self, record: &Record) -> Result<()> {
        if self.for_people {
            print(&report::table(record))?;
        }
        if let Some(json) = self.json {
            json.finish_with(format!("{}\n", serde_json::to_string_pretty(record)?).as_bytes())?;
        }
        if let Some(csv) = self.csv {
            csv.finish_with(&report::csv(record)?)?;
        }
        if let Some(markdown) = self.markdown {
            markdown.finish_with(report::markdown(record).as_bytes())?;
        }
        for (plot, pictures) in self.pictures {
            draw(plot, pictures, record, self.quiet)?;
        }
        if let Some(page) = self.page {
            page.finish_with(report::page(record)?.as_bytes())?;
        }
        Ok(())
    }
}

/// Draws a picture in each form, if there is anything to see.
fn draw(plot: Plot, pictures: Vec<Picture>, record: &Record, quiet: bool) -> Result<()> {
    let Some(drawn) = plot.of(record) else {
        if !quiet {
            say(&format!("no plot of {}: nothing of it was timed", plot.name()));
        }
        return Ok(());
    };
    pictures.into_iter().try_for_each(|picture| drawn.to_file(picture))
}

fn paths_of(folder: &Path, plot: Plot) -> [PathBuf; ENDINGS.len()] {
    ENDINGS.map(|ending| folder.join(format!("{}.{ending}", plot.name())))
}

fn picture_paths(folder: &Path) -> Vec<PathBuf> {
    Plot::ALL.iter().flat_map(|plot| paths_of(folder, *plot)).collect()
}

/// Makes the folder if there is none, and sees whether all pictures can be written to it.
fn open_pictures(folder: &Path) -> Result<Vec<(Plot, Vec<Picture>)>> {
    std::fs::create_dir_all(folder).map_err(|error| {
        usage(format!("--plot: cannot make the folder {}: {error}", folder.display()))
    })?;
    let open = |plot: Plot| {
        let paths = paths_of(folder, plot);
        let pictures: Result<Vec<_>> = paths.iter().map(|path| Picture::open(path)).collect();
        Ok((plot, pictures?))
    };
    Plot::ALL.into_iter().map(open).collect()
}
