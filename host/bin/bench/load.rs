//! Reads records back.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::judge;
use crate::record::{Record, SCHEMA};
use crate::shared::input;
use crate::shared::usage::usage;

/// Reads a record back; `-` is standard input.
pub fn read(path: &Path) -> Result<Record> {
    let (name, bytes) = input::bytes(path)?;
    parse(&bytes).map_err(|error| usage(format!("{name}: {error:#}")))
}

/// The record that `bytes` are, as `bench --json` writes it.
///
/// # Errors
/// Where it is no record, one of another format or a damaged one.
pub fn parse(bytes: &[u8]) -> Result<Record> {
    const OTHER: &str = "it is no record of `bench --json`";
    ensure!(!bytes.is_empty(), "{OTHER}: it is empty");
    let text = std::str::from_utf8(bytes).context(OTHER)?;
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // What tells whether the rest can be understood.
    let whole: Value = serde_json::from_str(text).context(OTHER)?;
    match &whole["program"] {
        Value::String(name) if name == "bench" => (),
        Value::String(name) => bail!("it is a record of `{name}`, not `bench`"),
        _ => {
            bail!("{OTHER}, which is an object with `\"program\": \"bench\"`: {}", kind(&whole))
        }
    }
    match whole["schema"].as_u64() {
        Some(schema) if schema == u64::from(SCHEMA) => (),
        Some(schema) => bail!("it has format {schema}, this program reads {SCHEMA}"),
        None => bail!("it is damaged: its `schema` is no whole number"),
    }
    let mut record: Record = serde_json::from_str(text).context("it is damaged")?;
    judge::note(&mut record.rows); // earlier programs did not
    Ok(record)
}

/// What JSON is that is no record.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "this object has none",
        Value::Array(_) => "this is a list",
        Value::String(_) => "this is a text",
        Value::Number(_) => "this is a number",
        Value::Bool(_) | Value::Null => "this is a single word",
    }
}
