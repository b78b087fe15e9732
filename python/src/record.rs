//! Results: small classes of named values.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// Declares a class of named values with `to_dict()` and a `repr` that shows all but arrays.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[pyo3::pyclass(frozen, get_all, module = "particle_pilot")]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
        }

        #[pyo3::pymethods]
        impl $name {
            /// All values by name, arrays as lists: what `json.dumps` takes.
            fn to_dict<'py>(
                slf: &pyo3::Bound<'py, Self>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyDict>> {
                crate::record::to_dict(slf.as_any(), &[$(stringify!($field)),*])
            }

            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                crate::record::repr(slf.as_any(), &[$(stringify!($field)),*])
            }
        }
    };
}
pub(crate) use record;

/// The attributes `names` of `record`, as plain values.
pub fn to_dict<'py>(record: &Bound<'py, PyAny>, names: &[&str]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(record.py());
    for name in names {
        dict.set_item(name, plain(record.getattr(*name)?)?)?;
    }
    Ok(dict)
}

/// The attributes `names` of `record`, but arrays by their shapes.
pub fn repr(record: &Bound<'_, PyAny>, names: &[&str]) -> PyResult<String> {
    let py = record.py();
    let mut parts = Vec::new();
    for name in names {
        let value = record.getattr(*name)?;
        parts.push(match value.getattr_opt(intern!(py, "shape"))? {
            Some(shape) => format!("{name}=<array {shape}>"),
            None => format!("{name}={}", value.repr()?),
        });
    }
    Ok(format!("{}({})", record.get_type().name()?, parts.join(", ")))
}

/// Arrays as lists, records as dictionaries.
fn plain(value: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = value.py();
    if let Ok(list) = value.cast::<PyList>() {
        let items: Vec<_> = list.iter().map(plain).collect::<PyResult<_>>()?;
        return Ok(PyList::new(py, items)?.into_any());
    }
    for method in [intern!(py, "to_dict"), intern!(py, "tolist")] {
        if let Some(method) = value.getattr_opt(method)? {
            return method.call0();
        }
    }
    Ok(value)
}
