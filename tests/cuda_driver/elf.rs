//! Reads what the linker wrote.

use std::fs;
use std::path::Path;

use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn, FileHeader};
use object::{Endianness, Object, ObjectSection};

/// The libraries that the system's loader has to find before a program can start.
pub fn needed_libraries(program: &Path) -> Vec<String> {
    let data = fs::read(program).unwrap();
    let header = FileHeader64::<Endianness>::parse(&*data).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, &*data).unwrap();
    let (entries, strings) = sections.dynamic(endian, &*data).unwrap().expect("no dynamic section");
    let strings = sections.strings(endian, &*data, strings).unwrap();
    entries
        .iter()
        .filter(|entry| entry.tag(endian) == DT_NEEDED)
        .map(|entry| entry.string(endian, strings).unwrap())
        .map(|name| String::from_utf8(name.to_vec()).unwrap())
        .collect()
}

/// Whether LLD left its name.
pub fn is_made_by_lld(program: &Path) -> bool {
    let data = fs::read(program).unwrap();
    let file = object::File::parse(&*data).unwrap();
    let comment = file.section_by_name(".comment").map(|section| section.data().unwrap().to_vec());
    comment.is_some_and(|text| text.windows(3).any(|name| name == b"LLD"))
}
