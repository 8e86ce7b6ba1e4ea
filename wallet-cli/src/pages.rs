//! This exists to write what a system keeps beside a program: completions for shells and manual pages,
//! both from the one description of the commands.

use crate::failure::Failure;
use crate::help;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use linli_verify::Language;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Completions for a shell.
pub(crate) fn completions(shell: Shell, language: Language) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut help::command(language), "linli", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Manual pages, one for each command, into a folder; says which.
///
/// # Errors
/// Those of the system.
pub(crate) fn manual(folder: &Path, language: Language) -> Result<String, Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::of_file(folder, &error))?;
    let mut written = String::new();
    page(&help::command(language), "linli", folder, &mut written)?;
    Ok(written)
}

fn page(command: &Command, name: &str, folder: &Path, written: &mut String) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    let mut bytes = Vec::new();
    Man::new(command.clone().name(name.to_owned()))
        .render(&mut bytes)
        .and_then(|()| fs::write(&path, &bytes))
        .map_err(|error| Failure::of_file(&path, &error))?;
    let _ = writeln!(written, "{}", path.display());
    for inner in command.get_subcommands() {
        page(inner, &format!("{name}-{}", inner.get_name()), folder, written)?;
    }
    Ok(())
}
