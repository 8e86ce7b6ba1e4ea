//! This exists to invent an office's files of any size from a seed: a year of a community, of a
//! sub-district or of a district, with rule-breakers of every kind between the rows that break none, and
//! a list of where they are. The same seed gives the same bytes.
//!
//! Everything in it is invented and says so in its name. Residents are pseudonyms. Source: IMP-14.

mod book;
mod breakers_awards;
mod breakers_closing;
mod breakers_courtesies;
mod breakers_grants;
mod breakers_money;
mod breakers_people;
mod breakers_performance;
mod breakers_relations;
mod breakers_returns;
mod closing;
mod contracts;
mod courtesies;
mod grants;
mod money;
mod office;
mod payments;
mod people;
mod performance;
mod random;
mod rewards;
mod scenes;
mod service;
mod stage;
mod stories;
mod when;
mod world;

use crate::cli::{ExampleArguments, Size};
use crate::failure::Failure;
use crate::progress::Bar;
use book::{Book, Writer};
use linli_ledger::code::Code;
use linli_verify::{Language, Output, Said};
use serde_json::json;
use std::fs;
use std::io;
use std::path::Path;
use world::World;

pub(crate) use book::PLANTED;

impl Size {
    fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Community => "community",
            Self::Subdistrict => "subdistrict",
            Self::District => "district",
        }
    }

    /// How many sub-districts, how many communities each of them has, and how many tenths of the people
    /// and of the work of one each of these has.
    fn parts(self) -> (u32, u32, u32) {
        match self {
            Self::Block => (1, 1, 1),
            Self::Community => (1, 1, 10),
            Self::Subdistrict => (1, world::COMMUNITIES, 10),
            Self::District => (10, world::COMMUNITIES, 10),
        }
    }
}

/// What was written.
struct Written {
    rows: u64,
    refused: u64,
}

/// Runs `linli example`.
pub(crate) fn command(
    arguments: &ExampleArguments,
    language: Language,
    output: Output,
    bar: &mut Bar,
) -> Said {
    bar.say(language.pick("编写", "writing"));
    let written = write(arguments, bar);
    bar.finish();
    let folder = arguments.folder.display();
    match written {
        Err(error) => {
            Failure::new(Code::Storage, format!("{folder}: {error}")).said(language, output)
        }
        Ok(Written { rows, refused }) => {
            let text = match (output, language) {
                (Output::Json, _) => format!(
                    "{}\n",
                    json!({
                        "size": arguments.size.name(),
                        "seed": arguments.seed.to_string(),
                        "folder": folder.to_string(),
                        "rows": rows,
                        "planted": refused,
                    })
                ),
                (Output::Table, Language::Chinese) => format!(
                    "已写入 {folder}：{rows} 行，其中 {refused} 行故意违规（见 {PLANTED}）\n接下来\n  linli run {folder}\n"
                ),
                (Output::Table, Language::English) => format!(
                    "{folder}: {rows} rows, {refused} of them wrong on purpose (see {PLANTED})\nnext\n  linli run {folder}\n"
                ),
            };
            Said { output: text, error: String::new(), exit: 0 }
        }
    }
}

fn write(arguments: &ExampleArguments, bar: &mut Bar) -> io::Result<Written> {
    let ExampleArguments { size, seed, folder } = arguments;
    fs::create_dir_all(folder)?;
    let mut writer = Writer::create(folder)?;
    let (subdistricts, communities, tenths) = size.parts();
    // One step for each community's year, and one for the writing of a sub-district.
    let mut bar = Steps { bar, done: 0, total: u64::from(subdistricts * (communities + 1)) };
    for number in 1..=subdistricts {
        let world = World::new(*seed, number, communities, tenths);
        let mut book = Book::new();
        if number == 1 {
            let path = if subdistricts == 1 { world.path() } else { "5101".to_owned() };
            office::district(&mut book, &format!("example-{}", size.name()), *seed, &path);
            money::catalogue(&world, &mut book);
        }
        year(&world, &mut book, &mut bar);
        writer.append(book)?;
        bar.step();
    }
    let written = Written { rows: writer.rows, refused: writer.refused };
    writer.finish()?;
    readme(folder, *size, *seed, &written)?;
    Ok(written)
}

/// A year of one sub-district.
fn year(world: &World, book: &mut Book, bar: &mut Steps<'_>) {
    office::organisations(world, book);
    office::officers(world, book);
    service::programme(world, book);
    scenes::posts(world, book);
    for community in 1..=world.communities {
        let mut people = people::residents(world, community, book);
        service::year(world, community, &mut people, book);
        let rewards = rewards::offers(world, community, book);
        rewards::year(world, community, &mut people, &rewards, book);
        stories::tell(world, community, book);
        courtesies::tell(world, community, book);
        if community == 1 {
            breakers_people::plant(world, &people, book);
            breakers_awards::plant(world, book);
            breakers_courtesies::plant(world, book);
        }
        bar.step();
    }
    let contracts = contracts::invent(world);
    money::funds(world, &contracts, book);
    money::receipts(world, &contracts, book);
    for contract in &contracts {
        contracts::fulfil(world, contract, book);
    }
    let linked = performance::invent(world);
    grants::receive(world, &linked, book);
    for contract in &linked {
        performance::fulfil(world, contract, book);
    }
    closing::close(world, book);
    breakers_money::plant(world, book);
}

/// The bar, one step for each part.
struct Steps<'a> {
    bar: &'a mut Bar,
    done: u64,
    total: u64,
}

impl Steps<'_> {
    fn step(&mut self) {
        self.done += 1;
        self.bar.set(self.done, self.total);
    }
}

fn readme(folder: &Path, size: Size, seed: u64, written: &Written) -> io::Result<()> {
    let (subdistricts, communities, tenths) = size.parts();
    let places = subdistricts * communities;
    let Written { rows, refused } = written;
    let (name, residents) = (size.name(), places * tenths * 10_000 / world::COMMUNITIES);
    let text = format!(
        "# A year that never was / 虚构的一年\n\n\
         Written by `linli example --size {name} --seed {seed}`: {places} communities with some {residents}\n\
         residents, from January 2026 to the closing of its books in January 2027, {rows} rows. Every name, number and account is invented.\n\n\
         `{PLANTED}` lists the {refused} rows that break a rule on purpose, with the code that each must be\n\
         refused with. `linli run` does not read it.\n\n\
         本文件夹由程序虚构，人物、单位、账户均不存在。`{PLANTED}` 列出故意违规的 {refused} 行。\n"
    );
    fs::write(folder.join("README.md"), text)
}
