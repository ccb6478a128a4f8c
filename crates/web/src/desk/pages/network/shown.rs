//! Steps, members and invitations in words.

use catalog::Lang;
use catalog::words::{fill, say};

use protocol::limits::MAX_PROFILE_TEXT;

use crate::desk::governing::{InvitationRow, MemberRow, PointView, SideView, SignedText, StepView};
use crate::labels;
use crate::limits::NAME_CHARS;
use crate::markdown;
use crate::text::{date, minute, tidy, tidy_line};

/// Characters of a day, `2026-12-05`.
const DAY_CHARS: usize = 10;
/// Digits of a key or an id within a line.
const KEY_CHARS: usize = 12;

/// Roles that a member may have, in the order in which a form shows them.
const ROLES: [&str; 4] = ["grassroots-site", "resource-station", "sub-market", "hub"];

/// The roles with their names.
pub(super) fn choices(lang: Lang) -> Vec<(&'static str, String)> {
    ROLES.map(|role| (role, say(lang, role_key(role)).to_owned())).into()
}

fn role_key(id: &str) -> &'static str {
    match id {
        "hub" => "cli.role.hub",
        "sub-market" => "cli.role.sub-market",
        "resource-station" => "cli.role.resource-station",
        _ => "cli.role.grassroots-site",
    }
}

fn region(lang: Lang, code: &str) -> String {
    let name = labels::region(lang, code);
    match lang {
        _ if name.is_empty() => tidy_line(code, NAME_CHARS),
        Lang::Zh => format!("{name}（{code}）"),
        Lang::En => format!("{name} ({code})"),
    }
}

/// A step on a page.
pub(super) struct StepCard {
    pub(super) id: String,
    pub(super) short: String,
    /// What it does, about whom.
    pub(super) title: String,
    /// What follows from it.
    pub(super) consequence: String,
    pub(super) detail: Vec<(&'static str, String)>,
    pub(super) signed: String,
    pub(super) unsigned: String,
    /// How many signatures it has and needs, or that it counts.
    pub(super) standing: String,
    /// Whether this institution is to sign it.
    pub(super) wanted: bool,
    /// What is so once it is signed here.
    pub(super) then: String,
    /// Whether it takes something from somebody, or cannot be undone.
    pub(super) grave: bool,
    /// What each side of an agreement gives: its name, labels with words.
    pub(super) sides: Vec<(String, Vec<(&'static str, String)>)>,
    /// How far logs count.
    pub(super) points: Vec<String>,
    /// Since when it waits, as is known; empty where it does not.
    pub(super) first: String,
}

impl StepCard {
    pub(super) fn of(lang: Lang, step: &StepView, governs: bool) -> Self {
        let joined = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| tidy_line(name, NAME_CHARS)).collect();
            names.join(lang.pick("、", ", "))
        };
        let action =
            say_known(lang, &format!("cli.roster.action.{}", step.action), "cli.roster.action.other");
        let about = tidy_line(&step.about, NAME_CHARS);
        let title =
            if about.is_empty() { action } else { format!("{action}{}{about}", lang.pick("：", ": ")) };
        let wanted = governs && !step.ours && step.missing > 0;
        let standing = if step.missing == 0 {
            say(lang, "govern.step.counts").to_owned()
        } else {
            let (has, needs) = (step.signed.len().to_string(), step.threshold.to_string());
            fill(lang, "cli.roster.signed", &[("signed", &has), ("threshold", &needs)])
        };
        let then = match step.missing {
            _ if !wanted => String::new(),
            0 | 1 => say(lang, "govern.then.counts").to_owned(),
            n => fill(lang, "govern.then.waits", &[("n", &(n - 1).to_string())]),
        };
        Self {
            short: step.id.chars().take(12).collect(),
            id: step.id.clone(),
            title,
            consequence: say_known(lang, &format!("govern.means.{}", step.action), "govern.means.other"),
            detail: step.detail.iter().map(|(key, value)| particular(lang, key, value)).collect(),
            signed: joined(&step.signed),
            unsigned: joined(&step.unsigned),
            standing,
            wanted,
            then,
            grave: step.grave,
            sides: step.sides.iter().map(|side| side_words(lang, side)).collect(),
            points: points(lang, &step.points, step.points_more),
            first: match &step.first {
                Some((who, at_ms)) if step.missing > 0 => {
                    let who = tidy_line(who, NAME_CHARS);
                    fill(lang, "propose.first", &[("who", &who), ("time", &minute(*at_ms, lang))])
                }
                _ => String::new(),
            },
        }
    }
}

/// What one side of an agreement gives, in words.
fn side_words(lang: Lang, side: &SideView) -> (String, Vec<(&'static str, String)>) {
    let between = lang.pick("、", ", ");
    let shelves: Vec<String> = side.shelves.iter().map(|(kind, digits)| shelf(lang, kind, digits)).collect();
    let mut lines = vec![(
        "cli.peering.offers",
        if shelves.is_empty() { say(lang, "cli.peering.nothing").to_owned() } else { shelves.join(between) },
    )];
    if !side.fields.is_empty() {
        let fields: Vec<String> = side.fields.iter().map(|field| tidy_line(field, NAME_CHARS)).collect();
        lines.push(("cli.peering.fields", fields.join(between)));
    }
    if !side.licence.is_empty() {
        lines.push(("cli.peering.licence", tidy_line(&side.licence, NAME_CHARS * 4)));
    }
    for (field, edition, count) in &side.mappings {
        let (field, edition) = (tidy_line(field, NAME_CHARS), tidy_line(edition, NAME_CHARS));
        let places = [("field", field.as_str()), ("edition", &edition), ("count", &count.to_string())];
        lines.push(("cli.peering.mapping", fill(lang, "cli.peering.mapped", &places)));
    }
    for (node, addresses) in &side.gateways {
        let node: String = node.chars().take(KEY_CHARS).collect();
        let places = [("node", node.as_str()), ("count", &addresses.len().to_string())];
        lines.push(("cli.peering.gateway", fill(lang, "cli.peering.gateway.at", &places)));
    }
    if !side.institutions.is_empty() {
        let short = |id: &String| id.chars().take(KEY_CHARS).collect::<String>();
        let institutions: Vec<String> = side.institutions.iter().map(short).collect();
        let places = [("institutions", institutions.join(between))];
        let places = places.each_ref().map(|(key, text)| (*key, text.as_str()));
        lines.push(("cli.peering.gateway", fill(lang, "cli.peering.replaceable", &places)));
    }
    let (zh, en) = (tidy_line(&side.name.0, NAME_CHARS), tidy_line(&side.name.1, NAME_CHARS));
    (if en.is_empty() { zh } else { lang.pick(zh, en) }, lines)
}

/// Listings of a kind in a region.
fn shelf(lang: Lang, kind: &str, digits: &str) -> String {
    let kind = match kind {
        "" => say(lang, "cli.peering.all").to_owned(),
        kind => labels::kind(lang, kind),
    };
    if digits.is_empty() {
        return kind;
    }
    let region = labels::region_name(digits);
    lang.pick(format!("{kind}（{region}）"), format!("{kind} ({region})"))
}

/// How far logs count; those without listings are counted and not named.
fn points(lang: Lang, points: &[PointView], more: usize) -> Vec<String> {
    let line = |point: &PointView| {
        let seq = point.seq.to_string();
        let name = match catalog::Kind::from_id(&point.kind) {
            Some(kind) => {
                let region = labels::region(lang, &point.region);
                lang.pick(
                    format!("{}（{region}）", kind.label(lang)),
                    format!("{} ({region})", kind.label(lang)),
                )
            }
            None => say(lang, "propose.point.other").to_owned(),
        };
        fill(lang, "propose.point", &[("log", &name), ("seq", &seq)])
    };
    let rest = (more > 0).then(|| fill(lang, "propose.point.more", &[("n", &more.to_string())]));
    points.iter().map(line).chain(rest).collect()
}

/// A text that is to be read before it is signed.
pub(super) struct TextCard {
    pub(super) title: String,
    pub(super) hash: String,
    /// HTML made by [`markdown::to_html`] alone; may be empty.
    pub(super) body: String,
    /// Why there is none.
    pub(super) absent: &'static str,
}

impl TextCard {
    pub(super) fn of(lang: Lang, text: &SignedText) -> Self {
        let (name, _) = labels::unified(lang, text.part);
        let absent = match (&text.words, text.held) {
            (Some(_), _) => "",
            (None, true) => "govern.text.picture",
            (None, false) if text.hash.is_empty() => "profile.none",
            (None, false) => "govern.text.away",
        };
        Self {
            title: format!("{name} {}", tidy_line(&text.version, NAME_CHARS)),
            hash: labels::hex(&text.hash),
            body: text
                .words
                .as_ref()
                .map(|words| markdown::to_html(&tidy(words, MAX_PROFILE_TEXT)))
                .unwrap_or_default(),
            absent,
        }
    }
}

/// A word of the catalogue; another where this program does not know that kind.
fn say_known(lang: Lang, key: &str, other: &str) -> String {
    let words = fill(lang, key, &[]);
    if words == key { say(lang, other).to_owned() } else { words }
}

fn particular(lang: Lang, key: &str, value: &str) -> (&'static str, String) {
    let plain = || tidy_line(value, NAME_CHARS * 4);
    match key {
        "role" => ("govern.detail.role", say(lang, role_key(value)).to_owned()),
        "region" => ("govern.detail.region", region(lang, value)),
        "credit_code" => ("govern.detail.credit_code", plain()),
        "standing" => ("govern.detail.standing", say(lang, "govern.detail.standing.known").to_owned()),
        // The day is what a person agrees to; the second is in the file.
        "not_after" | "until" => ("govern.detail.until", plain().chars().take(DAY_CHARS).collect()),
        "node" => ("govern.detail.node", plain()),
        "governors" => ("govern.detail.governors", plain()),
        "threshold" => ("govern.detail.threshold", plain()),
        "number" => ("govern.detail.number", plain()),
        "root" => ("govern.detail.root", plain()),
        "brand" => ("profile.part.brand", plain()),
        "rules" => ("profile.part.rules", plain()),
        "data" => ("profile.part.data", plain()),
        "service" => ("profile.part.service", plain()),
        _ => ("govern.detail.reason", plain()),
    }
}

/// A member on the page.
pub(super) struct MemberCard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) line: String,
    pub(super) role: String,
    pub(super) region: String,
    pub(super) state: &'static str,
    pub(super) state_word: &'static str,
    pub(super) reason: String,
    pub(super) governs: bool,
    pub(super) own: bool,
}

impl MemberCard {
    pub(super) fn of(lang: Lang, row: &MemberRow) -> Self {
        Self {
            id: row.id.clone(),
            name: tidy_line(&row.name, NAME_CHARS),
            line: [say(lang, role_key(&row.role)).to_owned(), region(lang, &row.region)].join(" · "),
            role: row.role.clone(),
            region: row.region.clone(),
            state: row.state,
            state_word: match row.state {
                "suspended" => "cli.roster.state.suspended",
                "exited" => "cli.roster.state.exited",
                _ => "cli.roster.state.active",
            },
            reason: tidy_line(&row.reason, NAME_CHARS * 4),
            governs: row.governs,
            own: row.own,
        }
    }
}

/// An invitation on the page.
pub(super) struct Invited {
    pub(super) title: String,
    pub(super) line: String,
    pub(super) state: String,
    pub(super) open: bool,
}

impl Invited {
    pub(super) fn of(lang: Lang, row: &InvitationRow) -> Self {
        let state = match (row.used_by.as_str(), row.expired) {
            ("", false) => say(lang, "govern.invitation.open").to_owned(),
            ("", true) => say(lang, "govern.invitation.expired").to_owned(),
            (name, _) => fill(lang, "govern.invitation.used", &[("name", &tidy_line(name, NAME_CHARS))]),
        };
        let until = fill(lang, "api.desk.until", &[("date", &date(row.until_ms, lang))]);
        Self {
            title: [say(lang, role_key(&row.role)).to_owned(), region(lang, &row.region)].join(" · "),
            line: [until, row.id.clone()].join(" · "),
            open: row.used_by.is_empty() && !row.expired,
            state,
        }
    }
}
