//! Takes a command line apart. Who gives an option to a command that has none of this name is told which one has.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Error};

/// What was typed, the program's name first, or what is wrong with it.
pub fn matches(
    program: &Command,
    typed: impl IntoIterator<Item = OsString>,
) -> Result<ArgMatches, Error> {
    let asked = program.clone().try_get_matches_from(typed);
    asked.map_err(|error| advised(program, error))
}

/// The program's own options that were given, by their long names.
pub fn given(program: &Command, matches: &ArgMatches) -> Vec<String> {
    let is_given =
        |arg: &&Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let given = program.get_arguments().filter(is_given);
    given.filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect()
}

/// Whether a command has this option, `--name` or `-n`.
pub fn has(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|arg| match option.strip_prefix("--") {
        Some(name) => arg.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name)),
        None => arg
            .get_short()
            .is_some_and(|short| option.strip_prefix('-') == Some(&*short.to_string())),
    })
}

/// Whose option it is: "an option of `pilot` and `pilot solve`". `None` where it is nobody's.
pub fn owners(program: &Command, option: &str) -> Option<String> {
    let name = program.get_name();
    let own = has(program, option).then(|| format!("`{name}`"));
    let others = program.get_subcommands().filter(|command| has(command, option));
    let others = others.map(|command| format!("`{name} {}`", command.get_name()));
    let mut owners: Vec<String> = own.into_iter().chain(others).collect();
    let last = owners.pop()?;
    Some(match owners.is_empty() {
        true => format!("an option of {last}"),
        false => format!("an option of {} and {last}", owners.join(", ")),
    })
}

/// The error with what helps: clap knows nothing of other commands' options, and offers what looks similar.
fn advised(program: &Command, mut error: Error) -> Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let option = option.clone();
    if option.starts_with('-') {
        // It is no value either.
        error.remove(ContextKind::Suggested);
    }
    if let Some(owners) = owners(program, &option) {
        error.remove(ContextKind::SuggestedArg);
        let tip = format!("{option} is {owners}").into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
        if let Some(usage) = usage_of(program, &error) {
            error.insert(ContextKind::Usage, ContextValue::StyledStr(usage.into()));
        }
    }
    error
}

/// The usage of the command that the error is about, without what looked similar.
fn usage_of(program: &Command, error: &Error) -> Option<String> {
    let shown = error.get(ContextKind::Usage)?.to_string();
    let mut built = program.clone();
    built.build();
    // Usage: PROGRAM COMMAND ...
    let name = shown.split_whitespace().nth(2).unwrap_or_default();
    let usage = match built.find_subcommand_mut(name) {
        Some(command) => command.render_usage(),
        None => built.render_usage(),
    };
    Some(usage.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Command {
        let flag = |name: &'static str| Arg::new(name).long(name).num_args(1);
        let here = Command::new("here").arg(flag("particles").short('k'));
        let there = Command::new("there").arg(flag("trace").short('t'));
        Command::new("program").subcommands([here, there]).arg(flag("seed"))
    }

    fn said(typed: &str) -> String {
        let typed = typed.split(' ').map(OsString::from);
        matches(&program(), typed).expect_err("wrong").to_string()
    }

    #[test]
    fn an_option_of_another_command_is_told_to_be_its() {
        for (typed, tip) in [
            ("program here --trace t.csv", "tip: --trace is an option of `program there`"),
            ("program here --trace=t.csv", "tip: --trace is an option of `program there`"),
            ("program here -t x", "tip: -t is an option of `program there`"),
            ("program --particles 3", "tip: --particles is an option of `program here`"),
            ("program there --seed 3", "tip: --seed is an option of `program`"),
        ] {
            let said = said(typed);
            assert!(said.contains(tip), "{typed}: {said}");
            assert!(!said.contains("similar") && !said.contains("as a value"), "{typed}: {said}");
        }
        assert!(said("program here --trace x").contains("Usage: program here [OPTIONS]"));
        assert!(said("program --particles 3").contains("Usage: program [OPTIONS] [COMMAND]"));
    }

    #[test]
    fn what_nobody_has_gets_what_looks_similar_or_nothing() {
        assert!(
            said("program here --partcles 3").contains("similar argument exists: '--particles'")
        );
        assert!(!said("program here --x 3").contains("tip"));
    }

    #[test]
    fn options_before_a_command_are_told() {
        let typed = ["program", "--seed", "3", "here"].map(OsString::from);
        let matches = matches(&program(), typed).expect("right");
        assert_eq!(given(&program(), &matches), ["--seed"]);
    }
}
