//! Configuration files: TOML, in which every option goes by its long name.

use std::path::Path;

use anyhow::Result;

use crate::options::Options;
use crate::shared::input;
use crate::shared::usage::usage;

impl Options {
    /// These options, and where they leave one open, the others'.
    pub fn over(&self, file: Self) -> Self {
        macro_rules! over {
            ($($option:ident)*) => {
                Self {
                    $($option: self.$option.clone().or(file.$option),)*
                    print_config: self.print_config || file.print_config,
                    quiet: self.quiet || file.quiet,
                    verbose: self.verbose || file.verbose,
                    require_success: self.require_success || file.require_success,
                }
            };
        }
        over! {
            planner particles horizon steps seed device threads config
            action theta_limit_deg x_limit force integrator push
            cost_position cost_angle cost_end cost_terminal_position cost_terminal_velocity
            cost_terminal_angle cost_terminal_rate
            iterations elite_share smoothing floor temperature target_share knot_spacing
            interpolation noise noise_scale colour balance noise_exponent kept_share sample_decay
            json trace plot episodes budget_us
        }
    }
}

/// The options of a configuration file; `-` is standard input.
pub fn read(path: &Path) -> Result<Options> {
    let (name, text) = input::text(path)?;
    parse(&text).map_err(|(line, reason)| usage(format!("{name}, line {line}: {reason}")))
}

/// Options from the text of a configuration file, or the line and the reason why not.
pub fn parse(text: &str) -> Result<Options, (usize, String)> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text[..start].matches('\n').count();
        let written = text.lines().nth(line - 1).unwrap_or_default();
        (line, in_our_words(error.message(), written))
    })
}

/// What `toml` says about a line, without Rust's names for types, and with a suggestion for a misspelt option.
fn in_our_words(message: &str, line: &str) -> String {
    let message = message.lines().collect::<Vec<_>>().join(" ");
    let key = line.split('=').next().unwrap_or_default().trim();
    if let Some(mismatch) = message.strip_prefix("invalid ") {
        // "type: string "5", expected u32"
        let (given, expected) = mismatch.split_once(", expected ").unwrap_or((mismatch, ""));
        let (_, given) = given.split_once(": ").unwrap_or(("", given));
        let expected = match expected {
            "u32" | "u64" | "usize" => "a whole number from 0 on",
            "f64" => "a number",
            "a boolean" => "true or false",
            "a string" => "text in quotes",
            other => other,
        };
        return format!("`{key}` is {given}; it must be {expected}");
    }
    let mut names = message.split('`').skip(1).step_by(2);
    let Some(given) = names.next().filter(|_| message.starts_with("unknown field")) else {
        return message;
    };
    let whole = key.replace('.', "-"); // `cost.position` is meant to be `cost-position`
    let similarity =
        |name: &&str| strsim::jaro_winkler(name, if key == given { given } else { &whole });
    match names.max_by(|a, b| similarity(a).total_cmp(&similarity(b))) {
        Some(name) if similarity(&name) > 0.7 => {
            format!("there is no option `{given}`, did you mean `{name}`?")
        }
        _ => format!("there is no option `{given}`; `pilot --print-config` shows all"),
    }
}
