//! Results: small classes of named values.

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

/// Characters of a text that are shown.
const SHOWN: usize = 60;

/// Declares a class of named values with `to_dict()`, a `repr` that shows all but matrices, equality by value, and what
/// `pickle` and `copy` need. With `Name from Core`, it is made from the library's struct `Core`, which has the same
/// fields.
macro_rules! record {
    ($(#[$about:meta])* $name:ident from $core:ty {
        $($(#[$field_about:meta])* $field:ident: $type:ty,)*
    }) => {
        crate::record::record! {
            $(#[$about])*
            $name { $($(#[$field_about])* $field: $type,)* }
        }

        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                Self { $($field: core.$field.into(),)* }
            }
        }
    };
    ($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[pyo3::pyclass(frozen, get_all, module = "particle_pilot")]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
        }

        impl $name {
            const FIELDS: &[&str] = &[$(stringify!($field)),*];
        }

        #[pyo3::pymethods]
        impl $name {
            /// All values by name, arrays as lists: what `json.dumps` takes.
            fn to_dict<'py>(
                slf: &pyo3::Bound<'py, Self>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyDict>> {
                crate::record::to_dict(slf.as_any(), Self::FIELDS)
            }

            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                crate::record::repr(slf.as_any(), Self::FIELDS)
            }

            /// Of the same values, arrays by their elements.
            fn __eq__(
                slf: &pyo3::Bound<'_, Self>,
                other: &pyo3::Bound<'_, pyo3::PyAny>,
            ) -> pyo3::PyResult<pyo3::Py<pyo3::PyAny>> {
                crate::record::equal(slf.as_any(), other, Self::FIELDS)
            }

            fn __reduce__<'py>(
                slf: &pyo3::Bound<'py, Self>,
            ) -> pyo3::PyResult<crate::record::Reduced<'py>> {
                crate::record::reduce(slf.as_any(), Self::FIELDS)
            }

            /// Made again from its values by name.
            #[classmethod]
            fn _of(
                _class: &pyo3::Bound<'_, pyo3::types::PyType>,
                values: &pyo3::Bound<'_, pyo3::types::PyDict>,
            ) -> pyo3::PyResult<Self> {
                use pyo3::types::PyAnyMethods;
                let value = |name: &str| crate::record::value(stringify!($name), values, name);
                Ok(Self { $($field: value(stringify!($field))?.extract()?,)* })
            }
        }
    };
}
pub(crate) use record;

/// How to make a record again: what to call, and with what.
pub type Reduced<'py> = (Bound<'py, PyAny>, (Bound<'py, PyDict>,));

/// The attributes `names` of `record`, as plain values.
pub fn to_dict<'py>(record: &Bound<'py, PyAny>, names: &[&str]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(record.py());
    for name in names {
        dict.set_item(name, plain(record.getattr(*name)?)?)?;
    }
    Ok(dict)
}

/// The attributes `names` of `record`, but matrices by their shapes, and of long texts, dictionaries and arrays only some.
pub fn repr(record: &Bound<'_, PyAny>, names: &[&str]) -> PyResult<String> {
    let mut parts = Vec::new();
    for name in names {
        parts.push(format!("{name}={}", shown(&record.getattr(*name)?)?));
    }
    Ok(format!("{}({})", record.get_type().name()?, parts.join(", ")))
}

fn shown(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    if let Ok(text) = value.cast::<PyString>()
        && let Some(beginning) = beginning(text.to_str()?)
    {
        return Ok(format!("{}...", PyString::new(py, beginning).repr()?));
    }
    if value.is_instance_of::<PyDict>() {
        let text = value.repr()?.to_string();
        return Ok(beginning(&text).map_or(text.clone(), |beginning| format!("{beginning}...}}")));
    }
    let Some(shape) = value.getattr_opt(intern!(py, "shape"))? else {
        return Ok(value.repr()?.to_string());
    };
    if shape.len()? != 1 {
        return Ok(format!("<array {shape}>"));
    }
    let options = PyDict::new(py);
    options.set_item("separator", ", ")?;
    options.set_item("threshold", 10)?;
    let text = py.import(intern!(py, "numpy"))?.call_method(
        intern!(py, "array2string"),
        (value,),
        Some(&options),
    )?;
    text.extract()
}

/// The part of a long text that is shown; `None` for one that is shown as a whole.
fn beginning(text: &str) -> Option<&str> {
    text.char_indices().nth(SHOWN).map(|(end, _)| &text[..end])
}

/// Whether `other` has the same attributes `names`; `NotImplemented` where it is of another class.
pub fn equal(
    record: &Bound<'_, PyAny>,
    other: &Bound<'_, PyAny>,
    names: &[&str],
) -> PyResult<Py<PyAny>> {
    let py = record.py();
    if !other.get_type().is(record.get_type()) {
        return Ok(py.NotImplemented());
    }
    let mut all = true;
    for name in names {
        all = all && same(&record.getattr(*name)?, &other.getattr(*name)?)?;
    }
    Ok(all.into_pyobject(py)?.to_owned().into_any().unbind())
}

fn same(value: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    let dtype = intern!(py, "dtype");
    match (value.getattr_opt(dtype)?, other.getattr_opt(dtype)?) {
        (None, None) => value.eq(other),
        (Some(one), Some(another)) if one.eq(&another)? => {
            let numpy = py.import(intern!(py, "numpy"))?;
            numpy.call_method1(intern!(py, "array_equal"), (value, other))?.is_truthy()
        }
        _ => Ok(false),
    }
}

/// How to make `record` again from its attributes `names`.
pub fn reduce<'py>(record: &Bound<'py, PyAny>, names: &[&str]) -> PyResult<Reduced<'py>> {
    let py = record.py();
    let values = PyDict::new(py);
    for name in names {
        values.set_item(name, record.getattr(*name)?)?;
    }
    Ok((record.get_type().getattr(intern!(py, "_of"))?, (values,)))
}

/// The value `name` of those that a `class` is to be made from.
pub fn value<'py>(
    class: &str,
    values: &Bound<'py, PyDict>,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    values.get_item(name)?.ok_or_else(|| {
        let version = env!("CARGO_PKG_VERSION");
        PyTypeError::new_err(format!(
            "a {class} without `{name}` is of another version of particle_pilot; this is {version}"
        ))
    })
}

/// Arrays as lists, records as dictionaries; what is one already is copied.
fn plain(value: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = value.py();
    if let Ok(dict) = value.cast::<PyDict>() {
        let copy = PyDict::new(py);
        for (name, item) in dict.iter() {
            copy.set_item(name, plain(item)?)?;
        }
        return Ok(copy.into_any());
    }
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
