//! Reads what the linker wrote.

use std::fs;
use std::path::Path;

use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn, FileHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol};

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

/// The names of the symbols that a program, a shared library, or any file in an archive defines for others.
pub fn defined_symbols(file: &Path) -> Vec<String> {
    let data = fs::read(file).unwrap();
    let symbols = |data: &[u8]| {
        let Ok(file) = object::File::parse(data) else { return Vec::new() }; // metadata, say
        let symbols = file.symbols().chain(file.dynamic_symbols());
        let defined = symbols.filter(|symbol| symbol.is_definition() && symbol.is_global());
        defined.filter_map(|symbol| Some(symbol.name().ok()?.to_owned())).collect()
    };
    match object::read::archive::ArchiveFile::parse(&*data) {
        Ok(archive) => {
            let members = archive.members().map(|member| member.unwrap().data(&*data).unwrap());
            members.flat_map(symbols).collect()
        }
        Err(_) => symbols(&data),
    }
}

/// Whether LLD left its name.
pub fn is_made_by_lld(program: &Path) -> bool {
    let data = fs::read(program).unwrap();
    let file = object::File::parse(&*data).unwrap();
    let comment = file.section_by_name(".comment").map(|section| section.data().unwrap().to_vec());
    comment.is_some_and(|text| text.windows(3).any(|name| name == b"LLD"))
}
