//! Parameters of kernels, and how their values are laid out.

use crate::module::Module;

/// Where a parameter of a kernel stands in the block of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Bytes from the start.
    pub offset: usize,
    /// Size in bytes.
    pub size: usize,
    /// Alignment in bytes.
    pub align: usize,
}

/// An error of parameters: why values are not those of a kernel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// The module has no kernel of that name.
    #[error("no kernel `{kernel}`: {kernels}")]
    NoKernel {
        /// The name.
        kernel: String,
        /// Which kernels the module has instead, in words.
        kernels: String,
    },
    /// Too few values or too many.
    #[error("kernel `{kernel}` has {wanted} parameters, not {given}")]
    Count {
        /// The kernel.
        kernel: String,
        /// How many parameters it has.
        wanted: usize,
        /// How many values were given.
        given: usize,
    },
    /// A value of another size than the parameter.
    #[error("parameter {index} of kernel `{kernel}` has {wanted} bytes, not {given}")]
    Size {
        /// The kernel.
        kernel: String,
        /// Which parameter, counted from 0.
        index: usize,
        /// Bytes of the parameter.
        wanted: usize,
        /// Bytes of the value.
        given: usize,
    },
}

impl Module {
    /// The block of parameters of a kernel, from one little-endian value for each parameter in order.
    ///
    /// # Errors
    /// [`ParameterError`], if there is no such kernel or the values are not as it declares them.
    ///
    /// # Examples
    /// ```
    /// let ptx = ".version 6.3 .target sm_75 .address_size 64
    ///     .visible .entry scale(.param .f32 by, .param .u64 numbers) { ret; }";
    /// let module = ptx_vm::Module::parse(ptx)?;
    /// let block = module.pack("scale", &[&2.0f32.to_le_bytes(), &0x1_0000_0000u64.to_le_bytes()])?;
    /// assert_eq!(block.len(), 16); // the address begins at a multiple of 8
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pack(&self, kernel: &str, values: &[&[u8]]) -> Result<Vec<u8>, ParameterError> {
        let places = self.parameters(kernel).ok_or_else(|| ParameterError::NoKernel {
            kernel: kernel.to_owned(),
            kernels: self.kernels_in_words(),
        })?;
        if places.len() != values.len() {
            let (wanted, given) = (places.len(), values.len());
            return Err(ParameterError::Count { kernel: kernel.to_owned(), wanted, given });
        }
        let mut block = vec![0; places.last().map_or(0, |last| last.offset + last.size)];
        for (index, (place, value)) in places.iter().zip(values).enumerate() {
            if place.size != value.len() {
                let (kernel, wanted, given) = (kernel.to_owned(), place.size, value.len());
                return Err(ParameterError::Size { kernel, index, wanted, given });
            }
            block[place.offset..][..place.size].copy_from_slice(value);
        }
        Ok(block)
    }

    /// Which kernels there are.
    pub(crate) fn kernels_in_words(&self) -> String {
        let names: Vec<String> = self.kernels().map(|name| format!("`{name}`")).collect();
        match &names[..] {
            [] => "the module has none".to_owned(),
            names => format!("the module has {}", names.join(", ")),
        }
    }
}
