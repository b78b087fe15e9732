//! Modules and their kernels.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::slice;
use std::sync::Arc;

use ptx_vm::{Loaded, Module};

use crate::call::Needs::{Context, ContextToEnd};
use crate::call::{call, put};
use crate::codes::{
    Code, INVALID_PTX, INVALID_VALUE, NO_BINARY_FOR_GPU, NOT_FOUND, OUT_OF_MEMORY, Outcome,
    UNSUPPORTED_PTX_VERSION,
};
use crate::device::{
    SHARED_PER_BLOCK, SHARED_PER_MULTIPROCESSOR, THREADS_PER_BLOCK, driver_version,
};
use crate::objects::{Function, Handle, Object};

/// `CU_JIT_ERROR_LOG_BUFFER` and its size.
const ERROR_LOG: u32 = 5;
const ERROR_LOG_BYTES: u32 = 6;

/// The newest PTX for each version of CUDA, as NVIDIA's PTX manual lists them: 11040 is CUDA 11.4.
const PTX_VERSIONS: [(c_int, (u32, u32)); 28] = [
    (9000, (6, 0)),
    (9010, (6, 1)),
    (9020, (6, 2)),
    (10000, (6, 3)),
    (10010, (6, 4)),
    (10020, (6, 5)),
    (11000, (7, 0)),
    (11010, (7, 1)),
    (11020, (7, 2)),
    (11030, (7, 3)),
    (11040, (7, 4)),
    (11050, (7, 5)),
    (11060, (7, 6)),
    (11070, (7, 7)),
    (11080, (7, 8)),
    (12000, (8, 0)),
    (12010, (8, 1)),
    (12020, (8, 2)),
    (12030, (8, 3)),
    (12040, (8, 4)),
    (12050, (8, 5)),
    (12060, (8, 5)),
    (12070, (8, 6)),
    (12080, (8, 7)),
    (12090, (8, 8)),
    (13000, (9, 0)),
    (13010, (9, 1)),
    (13020, (9, 2)),
];

#[unsafe(no_mangle)]
unsafe extern "C" fn cuModuleLoadDataEx(
    module: *mut Handle,
    image: *const c_void,
    count: c_uint,
    options: *mut u32,
    values: *mut *mut c_void,
) -> Code {
    call("cuModuleLoadDataEx", Context, |state| {
        if image.is_null() || module.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller vouches for a text that ends with a zero.
        let text = unsafe { CStr::from_ptr(image.cast()) };
        let parsed = parse(text).map_err(|(code, message)| {
            // SAFETY: the caller vouches for the options.
            unsafe { write_log(count, options, values, &message) };
            code
        })?;
        let parsed = Arc::new(parsed);
        let memory = state.current()?.memory.clone();
        let loaded = Loaded::new(parsed.clone(), memory).map_err(|_| OUT_OF_MEMORY)?;
        let object = Object::Module { module: parsed, loaded: Arc::new(loaded) };
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(module, state.objects.add(object)) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuModuleUnload(module: Handle) -> Code {
    call("cuModuleUnload", ContextToEnd, |state| {
        state.objects.remove(module, |object| matches!(object, Object::Module { .. }))?;
        state.objects.remove_functions_of(module);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuModuleGetFunction(
    function: *mut Handle,
    module: Handle,
    name: *const c_char,
) -> Code {
    call("cuModuleGetFunction", Context, |state| {
        if name.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller vouches for a text that ends with a zero.
        let name = unsafe { CStr::from_ptr(name) }.to_str().map_err(|_| NOT_FOUND)?;
        let Object::Module { module: parsed, loaded } = state.objects.get(module)? else {
            return Err(INVALID_VALUE);
        };
        if !parsed.kernels().any(|kernel| kernel == name) {
            return Err(NOT_FOUND);
        }
        let object = Object::Function(Function {
            owner: module.addr(),
            name: name.into(),
            module: parsed.clone(),
            loaded: loaded.clone(),
            max_dynamic_shared: SHARED_PER_BLOCK,
        });
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(function, state.objects.add(object)) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuFuncGetAttribute(value: *mut c_int, number: u32, function: Handle) -> Code {
    call("cuFuncGetAttribute", Context, |state| {
        let function = state.objects.function(function)?;
        let resources = function.module.resources(&function.name).ok_or(NOT_FOUND)?;
        let (major, minor) = function.module.version();
        let answer = match number {
            0 => u64::from(THREADS_PER_BLOCK),
            1 => resources.static_shared_bytes as u64,
            3 => resources.local_bytes as u64,
            4 => 32, // registers
            5 => u64::from(10 * major + minor),
            6 => 75,
            8 => u64::from(function.max_dynamic_shared),
            2 | 7 | 9 => 0,
            _ => return Err(INVALID_VALUE),
        };
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(value, c_int::try_from(answer).unwrap_or(c_int::MAX)) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuFuncSetAttribute(function: Handle, number: u32, value: c_int) -> Code {
    call("cuFuncSetAttribute", Context, |state| {
        let function = state.objects.function(function)?;
        let resources = function.module.resources(&function.name).ok_or(NOT_FOUND)?;
        let value = u32::try_from(value).map_err(|_| INVALID_VALUE)?;
        let room = u64::from(SHARED_PER_MULTIPROCESSOR);
        match number {
            8 if u64::from(value) + resources.static_shared_bytes as u64 <= room => {
                function.max_dynamic_shared = value;
                Ok(())
            }
            9 => Ok(()), // a mere hint
            _ => Err(INVALID_VALUE),
        }
    })
}

/// Compiles, or says why not.
fn parse(text: &CStr) -> Result<Module, (Code, String)> {
    let text = text.to_str().map_err(|error| (INVALID_PTX, error.to_string()))?;
    check_header(text)?;
    Module::parse(text).map_err(|error| (INVALID_PTX, error.to_string()))
}

/// Refuses what is too new for the pretended driver and GPU, before what follows cannot be read.
fn check_header(text: &str) -> Result<(), (Code, String)> {
    let word = |directive: &str| {
        let rest = text.lines().find_map(|line| line.trim().strip_prefix(directive))?;
        rest.trim_start().split([' ', ',']).next()
    };
    let version = word(".version").and_then(|version| {
        let (major, minor) = version.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    let newest = newest_ptx(driver_version());
    if version.is_some_and(|version| version > newest) {
        let message = format!("unsupported .version; current version is {}.{}", newest.0, newest.1);
        return Err((UNSUPPORTED_PTX_VERSION, message));
    }
    let target = word(".target").and_then(|target| target.strip_prefix("sm_")?.parse::<u32>().ok());
    if target.is_some_and(|target| target > 75) {
        return Err((NO_BINARY_FOR_GPU, "SM version specified by .target is higher".into()));
    }
    Ok(())
}

fn newest_ptx(driver_version: c_int) -> (u32, u32) {
    let known = PTX_VERSIONS.iter().rev().find(|(from, _)| *from <= driver_version);
    known.map_or((0, 0), |(_, ptx)| *ptx)
}

/// Writes a message where the options say, if they do.
///
/// # Safety
/// There are `count` options and values; the log has as many bytes as its size says.
unsafe fn write_log(
    count: c_uint,
    options: *mut u32,
    values: *mut *mut c_void,
    message: &str,
) -> Option<()> {
    if count == 0 || options.is_null() || values.is_null() {
        return None;
    }
    let count = count as usize;
    // SAFETY: the caller vouches for the counts.
    let (options, values) =
        unsafe { (slice::from_raw_parts(options, count), slice::from_raw_parts(values, count)) };
    let value = |option| options.iter().zip(values).find(|(o, _)| **o == option).map(|(_, v)| *v);
    let (log, room) = (value(ERROR_LOG)?, value(ERROR_LOG_BYTES)?.addr());
    let length = message.len().min(room.checked_sub(1)?);
    if log.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for `room` bytes.
    let log = unsafe { slice::from_raw_parts_mut(log.cast::<u8>(), room) };
    log[..length].copy_from_slice(&message.as_bytes()[..length]);
    log[length] = 0;
    Some(())
}

/// The parameters of a launch as one piece, gathered from where `parameters` points.
///
/// # Safety
/// There is a pointer for each parameter of the kernel, to as many bytes as that has.
pub unsafe fn gather(function: &Function, parameters: *mut *mut c_void) -> Outcome<Vec<u8>> {
    let declared = function.module.parameters(&function.name).ok_or(NOT_FOUND)?;
    let bytes = declared.iter().map(|parameter| parameter.offset + parameter.size).max();
    let mut gathered = vec![0; bytes.unwrap_or(0)];
    if declared.is_empty() {
        return Ok(gathered);
    }
    if parameters.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: the caller vouches for the count.
    let parameters = unsafe { slice::from_raw_parts(parameters, declared.len()) };
    for (parameter, from) in declared.iter().zip(parameters) {
        if from.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller vouches for the size.
        let from = unsafe { slice::from_raw_parts(from.cast::<u8>(), parameter.size) };
        gathered[parameter.offset..][..parameter.size].copy_from_slice(from);
    }
    Ok(gathered)
}
