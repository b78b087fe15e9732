//! Configuration files of the program `pilot`, as `pilot --print-config` writes them.

use std::fs;
use std::path::Path;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::{Table, Value};

/// What such a file may say that has no meaning here: what the program writes, and to where.
const OUTPUT: [&str; 6] = ["json", "quiet", "trace", "plot", "require_success", "budget_us"];

/// The options in the file at `path`, with underscores in their names.
///
/// # Errors
/// `OSError` if it cannot be read, `ValueError` if it is no such file.
pub fn read<'py>(py: Python<'py>, path: &Path) -> PyResult<Bound<'py, PyDict>> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| PyOSError::new_err(format!("config: {shown}: {error}")))?;
    let wrong = |what: String| PyValueError::new_err(format!("config: {shown}: {what}"));
    let table: Table = text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
    let options = PyDict::new(py);
    for (key, value) in table {
        let name = key.replace('-', "_");
        if OUTPUT.contains(&name.as_str()) {
            continue;
        }
        match value {
            Value::String(text) => options.set_item(name, text)?,
            Value::Integer(number) => options.set_item(name, number)?,
            Value::Float(number) => options.set_item(name, number)?,
            _ => return Err(wrong(format!("{key} must be a number or a string"))),
        }
    }
    Ok(options)
}
