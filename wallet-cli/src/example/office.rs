//! This exists to found the organisations of a sub-district and to put its officers into their posts.

use super::book::{Book, Line};
use super::when::{Date, When};
use super::world::World;

/// When the chain begins.
pub(super) const START: When = When::at(0, 8, 0);
/// The last day of every post but those that end early on purpose.
pub(super) const POSTS_END: Date = Date(729);

/// What all sub-districts of a district have in common; signs every grant beside the sub-district.
pub(super) const BUREAU: &str = "MZ";
/// The finance bureau.
pub(super) const TREASURY: &str = "CZ";
/// The community of a sub-district's governor: the department of social work.
pub(super) const DEPARTMENT: &str = "SG";

/// The row that begins the chain, and the bureaus of the district. They come behind the first
/// sub-district, whose office runs the validator.
pub(super) fn district(book: &mut Book, name: &str, seed: u64, path: &str) {
    let community = Line::new(START)
        .with("name", name)
        .with("seed", format!("{name}-{seed}"))
        .with("community", path)
        .with("start", START)
        .with("governance_threshold", 2);
    book.add("community", community);
    for (code, name, kind, governs) in [
        (BUREAU, "示例区民政局", "regulator", true),
        (DEPARTMENT, "示例区社会工作部", "public_body", true),
        (TREASURY, "示例区财政局", "regulator", false),
    ] {
        organisation(book, 1, code, name, kind, governs, false);
    }
}

fn organisation(
    book: &mut Book,
    order: u32,
    code: impl std::fmt::Display,
    name: impl std::fmt::Display,
    kind: &str,
    governs: bool,
    has_site: bool,
) {
    let line = Line::new(When(order))
        .with("code", code)
        .with("name", name)
        .with("kind", kind)
        .with("governance", if governs { "yes" } else { "no" });
    let line = if has_site { line.with("site_from", START.plus(30)) } else { line };
    book.add("organisations", line);
}

/// The organisations of one sub-district.
pub(super) fn organisations(world: &World, book: &mut Book) {
    let n = world.number;
    organisation(
        book,
        0,
        world.office(),
        format!("示例{n}号街道办事处"),
        "public_body",
        true,
        false,
    );
    let mut add = |code: String, name: String, kind: &str, has_site: bool| {
        organisation(book, 2, code, name, kind, false, has_site);
    };
    add(world.bank(), format!("示例银行{n}号支行"), "bank", false);
    for c in 1..=world.communities {
        add(world.committee(c), format!("示例{n}-{c}社区居委会"), "committee", false);
        for team in ['a', 'b'] {
            let name = format!("示例{n}-{c}志愿服务队{team}");
            add(world.team(c, team), name, "volunteer", true);
            let name = format!("示例{n}-{c}便民小店{team}");
            add(world.shop(c, team), name, "partner", false);
        }
    }
    for p in 1..=world.providers() {
        add(world.provider(p), format!("示例{n}-{p}社会服务中心"), "provider", false);
    }
    for p in 1..=2 {
        add(world.code("P", p), format!("示例{n}-{p}评估所"), "evaluator", false);
    }
    for f in 1..=7 {
        add(world.foundation(f), format!("示例{n}-{f}基金会"), "donor", false);
    }
    for d in 1..=world.share(50, 4) {
        add(world.donor(d), format!("示例{n}-{d}捐赠企业"), "donor", false);
    }
}

/// A post. It is granted an hour after the chain begins.
pub(super) fn post(
    world: &World,
    code: impl std::fmt::Display,
    organisation: impl std::fmt::Display,
    role: &str,
    scope: impl std::fmt::Display,
) -> Line {
    Line::new(When::at(0, 9, 0))
        .with("code", code)
        .with("organisation", organisation)
        .with("role", role)
        .with("scope", scope)
        .with("from", Date(0))
        .with("to", POSTS_END)
        .with("registered_at", When::at(0, 9, 0))
        .with("granted_by", format!("{};{BUREAU}", world.office()))
}

/// The officers of one sub-district.
pub(super) fn officers(world: &World, book: &mut Book) {
    let path = world.path();
    let office = world.office();
    let second = world.committee(1);
    let mut add = |name: &str, which: u32, organisation: &str, role: &str, level: u32| {
        let line = post(world, world.officer(name, which), organisation, role, &path);
        let line = if level > 0 { line.with("level", level) } else { line };
        book.add("officers", line);
    };
    add("积分", 1, &office, "points_operator", 0);
    add("积分", 2, &second, "points_operator", 0);
    add("预算", 1, &office, "budget_officer", 0);
    add("预算", 2, &office, "budget_officer", 0);
    add("资金", 1, &office, "fund_administrator", 0);
    add("资金", 2, &office, "fund_administrator", 0);
    add("一级", 1, &office, "approver", 1);
    add("一级", 2, &office, "approver", 1);
    add("二级", 1, &second, "approver", 2);
    add("二级", 2, BUREAU, "approver", 2);
    add("三级", 1, DEPARTMENT, "approver", 3);
    add("出纳", 1, &office, "treasurer", 0);
    add("验收", 1, &office, "acceptance", 0);
    add("验收", 2, &second, "acceptance", 0);
    add("采购", 1, &office, "purchaser", 0);
    add("监管", 1, BUREAU, "regulator", 0);
    add("审计", 1, DEPARTMENT, "auditor", 0);
    for p in 1..=world.providers() {
        let line =
            post(world, world.officer("经办", p), world.provider(p), "provider_officer", &path);
        book.add("officers", line);
    }
    for c in 1..=world.communities {
        community_officers(world, c, book);
    }
}

fn community_officers(world: &World, c: u32, book: &mut Book) {
    let place = world.community(c);
    let committee = world.committee(c);
    let registrar = post(world, world.local("登记", c, 1), &committee, "registrar", &place);
    book.add("officers", registrar);
    for team in ['a', 'b'] {
        for which in 1..=2 {
            let code = world.organiser(c, team, which);
            book.add("officers", post(world, code, world.team(c, team), "organiser", &place));
        }
        let shop = world.shop(c, team);
        let code = format!("店员{shop}");
        book.add("officers", post(world, code, shop, "partner_officer", world.path()));
    }
    for g in 1..=World::grids(c) {
        let code = world.local("网格", c, g);
        book.add("officers", post(world, code, &committee, "witness", world.grid(c, g)));
    }
}
