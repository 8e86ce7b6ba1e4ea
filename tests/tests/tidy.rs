//! This exists to hold the rules of the house that the compiler does not know, so that `cargo test`
//! finds what a reviewer would: who may depend on what, how long a file may be, that a cited clause
//! is written down, that every code is explained in both languages.
//!
//! It reads text, with the standard library alone, and asks no other program. Each rule is one test
//! and says where it is broken and what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders that hold our crates.
const OURS: [&str; 5] = ["ledger", "contracts", "node", "wallet-cli", "tests"];
/// Crates without clock, randomness, input or output.
const PURE: [&str; 2] = ["ledger", "contracts"];
/// Lines of a file, tests not counted.
const FILE_LINES_MAX: usize = 800;
/// The one place from which packages come.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// What numbered rules of ours are called.
const CLAUSES: [&str; 17] = [
    "LED-", "IMP-", "REG-", "PPL-", "PRG-", "CRE-", "FND-", "GOV-", "SOD-", "INV-M", "INV-P",
    "INV-G", "INV-I", "INV-D", "WAL-", "NET-", "PRF-",
];
/// Packages, and families of them (`libp2p-…`), that speak to a network or exist to wait for one.
#[rustfmt::skip]
const NETWORK: [&str; 30] = [
    "actix", "async-io", "async-std", "attohttpc", "axum", "curl", "h2", "h3", "hickory", "hyper",
    "isahc", "libp2p", "mio", "native-tls", "openssl", "quinn", "ractor", "reqwest", "rustls",
    "smol", "snow", "socket2", "surf", "tokio", "tonic", "tower", "tungstenite", "ureq", "warp",
    "yamux",
];

// ---- what depends on what

/// Every direct dependency that a crate may have. A new one in a pure crate needs an ADR.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("ledger", &["bech32", "blake3", "borsh", "ed25519-dalek", "serde", "smallvec", "thiserror"]),
    ("ledger/ahead", &["linli-ledger", "rayon"]),
    ("contracts", &["borsh", "linli-ledger", "serde"]),
    (
        "wallet-cli/verify",
        &[
            "clap",
            "linli-ahead",
            "linli-contracts",
            "linli-ledger",
            "mimalloc",
            "serde_json",
            "thiserror",
        ],
    ),
    // Of these only our own crates are listed: who may know whom.
    ("node/network", &["linli-ledger"]),
    ("node/consensus", &["linli-ledger", "linli-network"]),
    ("node", &["linli-ahead", "linli-consensus", "linli-ledger", "linli-network"]),
    // The wallet keeps its keys with it as well, so it knows nothing of nodes.
    ("node/secrets", &["linli-ledger"]),
    ("node/wire", &["linli-contracts", "linli-ledger"]),
    // `linlid verify` and `restore` run the auditor's code: a second check would be a second truth.
    (
        "node/service",
        &[
            "linli-contracts",
            "linli-ledger",
            "linli-network",
            "linli-node",
            "linli-secrets",
            "linli-verify",
            "linli-wire",
        ],
    ),
    (
        "wallet-cli",
        &[
            "linli-contracts",
            "linli-ledger",
            "linli-node",
            "linli-secrets",
            "linli-verify",
            "linli-wire",
        ],
    ),
    (
        "tests",
        &[
            "linli-ahead",
            "linli-contracts",
            "linli-ledger",
            "linli-node",
            "linli-service",
            "linli-verify",
        ],
    ),
];

#[test]
fn crates_depend_on_what_they_may_and_no_more() {
    let mut wrong = Vec::new();
    for (folder, allowed) in ALLOWED {
        let small = ["ledger/ahead", "wallet-cli/verify"];
        let listed_whole = small.contains(&folder) || PURE.contains(&folder);
        for name in dependencies(folder, "dependencies") {
            let counts = listed_whole || name.starts_with("linli-");
            if counts && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{folder}/Cargo.toml: {name} is not on the allow-list"));
            }
        }
    }
    report(&wrong, "leave it out, or write an ADR and add it to ALLOWED in this file");
}

#[test]
fn small_crates_use_every_dependency_that_they_name() {
    let mut wrong = Vec::new();
    for folder in ["ledger", "ledger/ahead", "contracts", "wallet-cli/verify"] {
        let code: String = sources(&root().join(folder).join("src"))
            .iter()
            .map(|file| blanked(&read(file)))
            .collect();
        for name in dependencies(folder, "dependencies") {
            if !has_word(&code, &name.replace('-', "_")) {
                wrong.push(format!("{folder}/Cargo.toml: {name} is not used in {folder}/src"));
            }
        }
    }
    report(&wrong, "remove the line from the manifest");
}

#[test]
fn the_engine_and_the_network_are_named_in_one_crate_each() {
    let mut wrong = Vec::new();
    for (folder, _) in ALLOWED {
        for section in ["dependencies", "dev-dependencies"] {
            for name in dependencies(folder, section) {
                let engine = name.contains("malachite") || name == "ractor";
                if engine && folder != "node/consensus"
                    || name == "libp2p" && folder != "node/network"
                {
                    wrong.push(format!("{folder}/Cargo.toml: {name} in [{section}]"));
                }
            }
        }
    }
    report(
        &wrong,
        "only node/consensus knows the engine, only node/network the swarm; give it a type of ours",
    );
}

#[test]
fn small_crates_have_no_build_script() {
    let mut wrong = Vec::new();
    for folder in ["ledger", "ledger/ahead", "contracts", "wallet-cli/verify"] {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        let line = |word: &str| manifest.lines().any(|line| line.trim_start().starts_with(word));
        if root().join(folder).join("build.rs").exists() || line("build =") || line("links =") {
            wrong.push(format!("{folder} has a build script"));
        }
        if !dependencies(folder, "build-dependencies").is_empty() || line("proc-macro =") {
            wrong.push(format!("{folder} runs code while it is built"));
        }
    }
    report(&wrong, "what a regulator builds runs nothing of ours at build time");
}

#[test]
fn the_attacks_on_the_engine_are_in_no_program() {
    const ATTACKS: &str = "arc-malachitebft-engine-byzantine";
    let lock = lock_packages();
    // Nobody else's crate has them, so no feature of the engine brings them in…
    let users = lock.iter().filter(|package| {
        package.dependencies.iter().any(|name| name.split(' ').next() == Some(ATTACKS))
    });
    let users: Vec<_> = users.map(|package| package.name.as_str()).collect();
    assert_eq!(users, ["linli-consensus"], "and tests of the adapter do use them");
    // …and of ours one only, in its tests.
    let of = |kind| dependencies("node/consensus", kind).contains("malachitebft-engine-byzantine");
    assert!(of("dev-dependencies") && !of("dependencies") && !of("build-dependencies"));
}

#[test]
fn the_verifier_has_no_network_code_in_its_whole_tree() {
    let lock = lock_packages();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut open: Vec<(String, String)> = vec![("linli-verify".into(), "linli-verify".into())];
    while let Some((name, path)) = open.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let key = name.split(' ').next().unwrap_or_default().to_owned();
        let next: Vec<String> = match folder_of(&key) {
            // Of our own crates what is built into the program, not what their tests use.
            Some(folder) => dependencies(folder, "dependencies").into_iter().collect(),
            None => lock
                .iter()
                .filter(|package| package.matches(&name))
                .flat_map(|package| package.dependencies.clone())
                .collect(),
        };
        open.extend(next.into_iter().map(|next| (next.clone(), format!("{path} → {next}"))));
        found.insert(name, path);
    }
    println!("linli-verify: {} packages in its tree", found.len());
    let network = |name: &str| {
        NETWORK.iter().any(|bad| {
            name.strip_prefix(bad).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let wrong: Vec<String> = found
        .iter()
        .filter(|(name, _)| network(name.split(' ').next().unwrap_or_default()))
        .map(|(_, path)| path.clone())
        .collect();
    report(&wrong, "the program of an auditor cannot call anybody; drop the dependency");
}

#[test]
fn the_lock_file_has_the_mended_versions_and_one_registry() {
    let lock = lock_packages();
    let mut wrong = Vec::new();
    for (name, least) in [("yamux", (0, 13, 10)), ("libp2p-gossipsub", (0, 49, 5))] {
        let newest = lock.iter().filter(|package| package.name == name).map(Package::number).max();
        if newest.is_none_or(|newest| newest < least) {
            wrong.push(format!("{name} is {newest:?}, at least {least:?} has its security fixes"));
        }
    }
    for package in &lock {
        let source_is_known = match &package.source {
            None => folder_of(&package.name).is_some(),
            Some(source) => source == REGISTRY,
        };
        if !source_is_known {
            wrong.push(format!("{} comes from {:?}", package.name, package.source));
        }
    }
    for (folder, _) in ALLOWED {
        for name in dependencies(folder, "dependencies") {
            if name == "yamux" || name == "libp2p-yamux" {
                wrong.push(format!("{folder}/Cargo.toml names {name}"));
            }
        }
    }
    // Any setter of its configuration switches yamux 0.12 on, which has no fix.
    for file in all_sources() {
        let code = blanked(&read(&file));
        for setter in ["set_max_num_streams", "set_receive_window_size", "set_max_buffer_size"] {
            if has_word(&code, setter) {
                wrong.push(format!("{}: {setter} configures yamux", shown(&file)));
            }
        }
    }
    report(&wrong, "see dependencies in ARCHITECTURE.md; never configure yamux");
}

// ---- how code looks

#[test]
fn no_file_is_longer_than_it_may_be() {
    let mut lengths = Vec::new();
    let mut wrong = Vec::new();
    for file in all_sources().iter().filter(|file| !is_test_file(file)) {
        let lines = production(&read(file)).lines().count();
        lengths.push(lines);
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{}: {lines} lines", shown(file)));
        }
    }
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    println!("files: {}, median {median} lines, longest {:?}", lengths.len(), lengths.last());
    report(&wrong, "split it by concept; never utils.rs");
}

#[test]
fn the_numbers_we_watch_are_printed() {
    for folder in OURS {
        let (mut code, mut tests, mut documentation, mut expects) = (0, 0, 0, 0);
        for file in sources(&root().join(folder)) {
            let text = read(&file);
            let shipped = if is_test_file(&file) { String::new() } else { production(&text) };
            code += shipped.lines().count();
            tests += text.lines().count() - shipped.lines().count();
            documentation += shipped.lines().filter(|l| l.trim_start().starts_with("//")).count();
            expects += shipped.matches(".expect(").count();
        }
        let share = documentation * 100 / code.max(1);
        println!(
            "{folder}: {code} lines, {tests} of tests, {share} % comments, {expects} expects, \
             {} direct dependencies",
            dependencies(folder, "dependencies").len()
        );
    }
}

#[test]
fn nothing_is_left_for_later_without_an_issue() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let macros = [concat!("to", "do!"), concat!("unimpl", "emented!"), concat!("#[ign", "ore")];
    let mut wrong = Vec::new();
    for file in all_sources() {
        let text = read(&file);
        for (number, line) in (1..).zip(text.lines()) {
            let issue =
                line.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if words.iter().any(|word| has_word(line, word)) && !issue {
                wrong.push(format!("{}:{number}: a note without an issue number", shown(&file)));
            }
        }
        for (number, line) in (1..).zip(blanked(&text).lines()) {
            for bad in macros.iter().filter(|bad| line.contains(**bad)) {
                wrong.push(format!("{}:{number}: {bad}", shown(&file)));
            }
        }
    }
    report(&wrong, "do it, or open an issue and write its number: #123");
}

#[test]
fn no_code_is_unsafe_and_no_test_sleeps() {
    let sleeps = [concat!("thread::sl", "eep"), concat!("time::sl", "eep"), concat!("sl", "eep(")];
    let mut wrong = Vec::new();
    for file in all_sources() {
        let text = read(&file);
        let shipped = if is_test_file(&file) { String::new() } else { production(&text) };
        let shipped = shipped.lines().count();
        for (number, line) in (1..).zip(blanked(&text).lines()) {
            if has_word(line, concat!("uns", "afe")) {
                wrong.push(format!("{}:{number}: unsafe", shown(&file)));
            }
            let asleep = sleeps.iter().any(|sleep| line.contains(sleep));
            if asleep && (is_test_file(&file) || number > shipped) {
                wrong.push(format!("{}:{number}: a test sleeps", shown(&file)));
            }
        }
    }
    report(&wrong, "wait for the event itself; a test that sleeps is slow and still flaky");
}

#[test]
fn pure_crates_name_no_clock_no_file_no_float_and_no_hash_map() {
    let words = [
        "HashMap",
        "HashSet",
        "SystemTime",
        "Instant",
        "RandomState",
        "f32",
        "f64",
        "async",
        "File",
        "TcpStream",
        "thread_rng",
        "println",
        "eprintln",
    ];
    let modules = ["std::fs", "std::net", "std::env", "std::process", "std::thread", "std::time"];
    let mut wrong = Vec::new();
    for folder in PURE {
        for file in sources(&root().join(folder).join("src")) {
            if is_test_file(&file) {
                continue;
            }
            for (number, line) in (1..).zip(blanked(&production(&read(&file))).lines()) {
                let word = words.iter().find(|word| has_word(line, word));
                let module = modules.iter().find(|module| line.contains(**module));
                if let Some(name) = word.or(module) {
                    wrong.push(format!("{}:{number}: {name}", shown(&file)));
                }
            }
        }
    }
    report(&wrong, "take it as an argument; iterate only over what has an order");
}

#[test]
fn no_file_names_a_machine_or_another_registry() {
    let paths = [
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("/tm", "p/"),
        concat!("C:", "\\"),
    ];
    let registries = [
        concat!("sparse", "+http"),
        concat!("replace", "-with"),
        concat!("arti", "factory"),
        concat!("CARGO_REGISTRIES", "_"),
    ];
    let mut wrong = Vec::new();
    for file in files(&root()) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            let named = paths.iter().chain(&registries).find(|word| line.contains(**word));
            let foreign = line.contains(concat!("registry", "+")) && !line.contains(REGISTRY);
            if named.is_some() || (foreign && !file.ends_with("tidy.rs")) {
                wrong.push(format!("{}:{number}: {}", shown(&file), named.unwrap_or(&"registry")));
            }
        }
    }
    report(&wrong, "paths are relative or arguments; packages come from the public registry");
}

// ---- what is written down

#[test]
fn every_clause_that_code_cites_is_in_the_specification() {
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files(&root().join("docs/spec")) {
        for (number, line) in (1..).zip(read(&file).lines()) {
            if let Some(id) = definition(line) {
                defined.entry(id).or_default().push(format!("{}:{number}", shown(&file)));
            }
        }
    }
    let mut wrong: Vec<String> = defined
        .iter()
        // Duties and invariants may be listed again where they are checked.
        .filter(|(id, places)| places.len() > 1 && !id.starts_with("SOD") && !id.starts_with("INV"))
        .map(|(id, places)| format!("{id} is defined {} times: {places:?}", places.len()))
        .collect();
    let mut cited = BTreeSet::new();
    for file in all_sources().iter().filter(|file| !file.ends_with("tidy.rs")) {
        for (number, line) in (1..).zip(read(file).lines()) {
            for id in clauses(line) {
                if !defined.contains_key(&id) {
                    wrong.push(format!("{}:{number}: {id} is not in docs/spec", shown(file)));
                }
                cited.insert(id);
            }
        }
    }
    println!("clauses: {} defined, {} cited", defined.len(), cited.len());
    report(&wrong, "begin a heading, a bullet or a table row of docs/spec with the number, once");
}

#[test]
fn every_code_is_explained_in_both_languages() {
    let table = read(&root().join("ledger/src/code.rs"));
    let codes: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.trim().strip_suffix("\",")?.split_once(" \""))
        .filter(|(left, name)| left.contains(" = ") && name.starts_with("E_"))
        .map(|(_, name)| name.to_lowercase().replace('_', "-"))
        .collect();
    assert!(codes.len() > 50, "the table of codes in ledger/src/code.rs was not understood");
    let mut wrong = Vec::new();
    for language in ["zh-CN", "en"] {
        let path = root().join("wallet-cli/locales").join(language).join("codes.ftl");
        let explained = messages(&read(&path));
        for code in &codes {
            match explained.get(code) {
                None => wrong.push(format!("{language}: {code} is not explained")),
                Some(attributes) if !attributes.contains("hint") => {
                    wrong.push(format!("{language}: {code} has no .hint"));
                }
                Some(_) => {}
            }
        }
        for code in explained.keys().filter(|id| id.starts_with("e-") && !codes.contains(*id)) {
            wrong.push(format!("{language}: {code} is explained but is no code"));
        }
    }
    report(&wrong, "add it to wallet-cli/locales/*/codes.ftl, in both languages");
}

// ---- reading

/// Fails with everything that is wrong, one line each.
fn report(wrong: &[String], advice: &str) {
    assert!(wrong.is_empty(), "{} found:\n  {}\n→ {advice}\n", wrong.len(), wrong.join("\n  "));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the workspace")
        .into()
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every file below a folder, but for what is built, kept by version control or hidden from it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let entries =
            fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display()));
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !["target", ".git", ".linli"].contains(&name) {
                open.push(path);
            } else if path.is_file() {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = files(folder);
    found.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    found
}

fn all_sources() -> Vec<PathBuf> {
    OURS.iter().flat_map(|folder| sources(&root().join(folder))).collect()
}

/// `tests.rs`, `testing.rs`, or anything in a folder `tests` but the library of the package `tests`.
fn is_test_file(file: &Path) -> bool {
    let shown = shown(file);
    let inside = shown.strip_prefix("tests/src/").unwrap_or(&shown);
    inside.split('/').any(|part| ["tests", "tests.rs", "testing.rs"].contains(&part))
}

/// A source without its modules for tests.
fn production(text: &str) -> String {
    let plain = blanked(text);
    let plain: Vec<&str> = plain.lines().collect();
    let mut out = String::new();
    let mut depth = 0_usize;
    let mut skipping = false;
    for (position, line) in text.lines().enumerate() {
        let code = plain.get(position).copied().unwrap_or_default();
        let next = plain.get(position + 1).copied().unwrap_or_default();
        if !skipping && code.trim() == "#[cfg(test)]" && next.contains("mod ") {
            (skipping, depth) = (true, 0);
            continue;
        }
        if !skipping {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        depth += code.matches('{').count();
        depth -= code.matches('}').count().min(depth);
        skipping = depth > 0;
    }
    out
}

/// A source with its comments and the contents of its texts replaced by nothing; lines stay.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(end) = raw_text(rest) {
            end
        } else if c == '"' {
            text_end(rest)
        } else if let Some(end) = character(rest) {
            end
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            // A letter before a quote belongs to a word, not to a raw text.
            continue;
        };
        let (head, tail) = rest.split_at(taken);
        out.extend(head.chars().filter(|c| *c == '\n'));
        rest = tail;
    }
    out
}

/// The length of `r"…"` or `r#"…"#` at the front.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let body = hashes + 2;
    rest.get(body..)?.find(&end).map(|at| body + at + end.len())
}

/// The length of `"…"` at the front.
fn text_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// The length of a character in quotes at the front; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let mut chars = body.char_indices();
    let (_, first) = chars.next()?;
    let (at, _) = chars.next()?;
    if first != '\\' {
        return body.get(at..)?.starts_with('\'').then_some(at + 2);
    }
    body.get(2..)?.find('\'').map(|end| end + 4)
}

fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The clause number at the front of a text.
fn clause_at_front(text: &str) -> Option<String> {
    let prefix = CLAUSES.iter().find(|prefix| text.starts_with(**prefix))?;
    let mut id = (*prefix).to_owned();
    let mut rest = text.get(prefix.len()..)?;
    loop {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            return None;
        }
        id.push_str(rest.get(..digits)?);
        rest = rest.get(digits..)?;
        match rest.strip_prefix('.') {
            Some(more) if more.starts_with(|c: char| c.is_ascii_digit()) => {
                id.push('.');
                rest = more;
            }
            Some(_) | None => return Some(id),
        }
    }
}

/// Every clause number in a line.
fn clauses(line: &str) -> Vec<String> {
    line.char_indices()
        .filter(|(at, _)| {
            let before = line.get(..*at).and_then(|head| head.chars().next_back());
            !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
        })
        .filter_map(|(at, _)| clause_at_front(line.get(at..)?))
        .collect()
}

/// The clause that a line of the specification defines: a heading, a bullet or a table row.
fn definition(line: &str) -> Option<String> {
    let line = line.trim_start();
    line.starts_with(['#', '-', '*', '|'])
        .then(|| line.trim_start_matches(['#', '-', '*', '|', ' ', '`']))
        .and_then(clause_at_front)
}

/// The messages of a catalogue with the names of their attributes.
fn messages(catalogue: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in catalogue.lines() {
        let Some((name, _)) = line.split_once('=') else { continue };
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            name.trim().clone_into(&mut last);
            out.entry(last.clone()).or_default();
        } else if let Some(attribute) = name.trim().strip_prefix('.') {
            out.entry(last.clone()).or_default().insert(attribute.to_owned());
        }
    }
    out
}

/// The folder of one of our packages.
fn folder_of(package: &str) -> Option<&'static str> {
    match package {
        "linli-ledger" => Some("ledger"),
        "linli-ahead" => Some("ledger/ahead"),
        "linli-contracts" => Some("contracts"),
        "linli-consensus" => Some("node/consensus"),
        "linli-network" => Some("node/network"),
        "linli-node" => Some("node"),
        "linli-secrets" => Some("node/secrets"),
        "linli-service" => Some("node/service"),
        "linli-wire" => Some("node/wire"),
        "linli-wallet-cli" => Some("wallet-cli"),
        "linli-verify" => Some("wallet-cli/verify"),
        "linli-tests" => Some("tests"),
        _ => None,
    }
}

/// The names in one kind of dependencies of a manifest, for every target.
fn dependencies(folder: &str, kind: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut section = String::new();
    for line in read(&root().join(folder).join("Cargo.toml")).lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            header.trim_end_matches(']').clone_into(&mut section);
            if let Some(name) = section.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')) {
                out.insert(name.to_owned());
            }
            continue;
        }
        let inside = section == kind || section.ends_with(&format!("'.{kind}"));
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        if inside && !name.is_empty() && !name.starts_with('#') {
            out.insert(name.to_owned());
        }
    }
    out
}

/// A package of the lock file.
#[derive(Default)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    dependencies: Vec<String>,
}

impl Package {
    /// Whether a dependency names this package: `name` or `name version`.
    fn matches(&self, dependency: &str) -> bool {
        let mut parts = dependency.split(' ');
        parts.next() == Some(&self.name)
            && parts.next().is_none_or(|version| version == self.version)
    }

    fn number(&self) -> (u64, u64, u64) {
        let mut parts = self.version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        (next(), next(), next())
    }
}

fn lock_packages() -> Vec<Package> {
    let mut out: Vec<Package> = Vec::new();
    for line in read(&root().join("Cargo.lock")).lines() {
        if line == "[[package]]" {
            out.push(Package::default());
        }
        let Some(package) = out.last_mut() else { continue };
        let quoted = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
        match line.split_once(" = ") {
            Some(("name", value)) => package.name = quoted(value),
            Some(("version", value)) => package.version = quoted(value),
            Some(("source", value)) => package.source = Some(quoted(value)),
            None if line.starts_with(" \"") => package.dependencies.push(quoted(line)),
            Some(_) | None => {}
        }
    }
    assert!(out.len() > 100, "Cargo.lock was not understood");
    out
}

// ---- the reader itself

#[test]
fn comments_and_texts_are_not_code() {
    for (text, code) in [
        ("a // unsafe\nb", "a \nb"),
        ("a /* f64\n */ b", "a \n b"),
        ("a \"HashMap \\\" // \" b", "a  b"),
        ("r#\"todo! \" \"# b", " b"),
        ("'\"' b '\\'' c '\\u{AD}' d", " b  c  d"),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
    ] {
        assert_eq!(blanked(text), code, "{text}");
    }
    let source =
        "a\n#[cfg(test)]\nmod tests {\n    fn f() { \"}\" }\n}\nb\n#[cfg(test)]\nmod t;\nc\n";
    assert_eq!(production(source), "a\nb\nc\n");
}

#[test]
fn clauses_are_found_where_they_stand() {
    let found = clauses("Source: LED-6.4, FND-12.6. See REG-3 (XREG-4, CRE-x).");
    assert_eq!(found, ["LED-6.4", "FND-12.6", "REG-3"]);
    for (line, id) in [
        ("## REG-6 Governance", Some("REG-6")),
        ("- **LED-2.1** Every hash", Some("LED-2.1")),
        ("| `FND-5.3` | money may leave |", Some("FND-5.3")),
        ("as REG-6 says", None),
        ("- see REG-6", None),
    ] {
        assert_eq!(definition(line).as_deref(), id, "{line}");
    }
}
