//! `bench show`: a record once more, in any form, without measuring.

use anyhow::Result;

use crate::load;
use crate::options::ShowOptions;
use crate::outputs::Outputs;
use crate::shared::outcome::Outcome;

pub fn run(options: &ShowOptions) -> Result<Outcome> {
    let record = load::read(&options.record)?;
    Outputs::open(&options.outputs, &[("the record", Some(&options.record))])?.write(&record)?;
    Ok(Outcome::Done)
}
