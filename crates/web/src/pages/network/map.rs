//! The map: a tree from the province over its cities down to the counties, everyone a sign in the place where it is.
//!
//! ```text
//! ■ 湖北省 ─┬─ 湖北省     ■
//!           ├─ 武汉市     ◆ ● ●
//!           │   └ 武昌区  ● ○
//!           └─ 襄阳市     ◆
//! ```

use super::{MemberView, Membership, NetworkView, PeerState, Role};
use crate::labels;
use crate::limits::{MAP_ROWS, NAME_CHARS, SIGNS_A_ROW};
use crate::pages::org::org_href;
use crate::text::tidy_line;
use catalog::Lang;
use catalog::words::say;
use std::collections::BTreeMap;

/// Height of a row, and distances in it, in the drawing's own unit.
const ROW: usize = 34;
const TOP: usize = 24;
const TRUNK: usize = 18;
const BRANCH: usize = 40;
const TWIG: usize = 72;
/// Between the name of a city and the line down to its counties.
const TWIG_GAP: usize = 12;
const SIGNS: usize = 240;
const STEP: usize = 26;
const WIDTH: usize = 760;

/// What is drawn.
pub(super) struct Map {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rows: Vec<Line>,
    pub(super) keys: Vec<Key>,
    /// The trunk ends at the last branch.
    pub(super) trunk: (usize, usize, usize),
    pub(super) more: bool,
}

/// A place, and who is there.
pub(super) struct Line {
    pub(super) y: usize,
    pub(super) text_y: usize,
    pub(super) x: usize,
    pub(super) from_x: usize,
    pub(super) from_y: usize,
    pub(super) name: String,
    pub(super) head: bool,
    pub(super) signs: Vec<Sign>,
    pub(super) more: String,
    pub(super) more_x: usize,
}

/// One institution.
pub(super) struct Sign {
    pub(super) href: String,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) title: String,
    pub(super) class: String,
    pub(super) shape: &'static str,
}

/// What a sign means.
pub(super) struct Key {
    pub(super) shape: &'static str,
    pub(super) class: &'static str,
    pub(super) label: &'static str,
}

fn shape(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Hub => ("M-8-8h16v16h-16z", "sign-hub"),
        Role::SubMarket => ("M0-10L10 0L0 10L-10 0z", "sign-market"),
        Role::ResourceStation => ("M-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0z", "sign-station"),
        Role::GrassrootsSite => ("M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z", "sign-site"),
    }
}

impl Map {
    /// Draws everyone that a map has room for, by region code.
    pub(super) fn draw(lang: Lang, view: &NetworkView) -> Self {
        let mut places: BTreeMap<Vec<(String, String)>, Vec<&MemberView>> = BTreeMap::new();
        for member in view.members.iter().filter(|m| !matches!(m.membership, Membership::Exited(_))) {
            places.entry(chain(&member.region)).or_default().push(member);
        }
        let (mut rows, mut shown): (Vec<Line>, Vec<Vec<(String, String)>>) = (Vec::new(), Vec::new());
        let mut more = false;
        for (chain, members) in &places {
            // Places above that hold nobody themselves stand as headings.
            for depth in 1..=chain.len() {
                let part = chain[..depth].to_vec();
                if shown.contains(&part) {
                    continue;
                }
                if rows.len() >= MAP_ROWS {
                    more = true;
                    break;
                }
                let here = if depth == chain.len() { members.as_slice() } else { &[] };
                rows.push(line(lang, rows.len(), &part, here));
                shown.push(part);
            }
        }
        let keys = [Role::Hub, Role::SubMarket, Role::ResourceStation, Role::GrassrootsSite].map(|role| {
            let (shape, class) = shape(role);
            Key { shape, class, label: labels::role(lang, role) }
        });
        let height = TOP + rows.len() * ROW;
        let last = rows.iter().filter(|row| row.from_x == TRUNK).map(|row| row.y).next_back().unwrap_or(TOP);
        Map { width: WIDTH, height, rows, keys: keys.into(), trunk: (TRUNK, TOP, last), more }
    }
}

/// The divisions that a code lies in, from the province down; one that is not known stands by itself.
fn chain(region: &str) -> Vec<(String, String)> {
    let chain = labels::region_chain(region);
    if chain.is_empty() { vec![(region.to_owned(), region.to_owned())] } else { chain }
}

fn line(lang: Lang, at: usize, chain: &[(String, String)], members: &[&MemberView]) -> Line {
    let y = TOP + at * ROW;
    let (from_x, x) = match chain.len() {
        1 => (TRUNK, TRUNK + 14),
        2 => (TRUNK, BRANCH),
        _ => (BRANCH + 8, TWIG),
    };
    let name = chain.last().map(|(_, name)| tidy_line(name, NAME_CHARS)).unwrap_or_default();
    let hidden = members.len().saturating_sub(SIGNS_A_ROW);
    let signs = members.iter().take(SIGNS_A_ROW).enumerate();
    Line {
        y,
        text_y: y + 5,
        x,
        from_x,
        // A county hangs on what stands above it, a city on the trunk.
        from_y: if chain.len() > 2 { y - ROW + TWIG_GAP } else { y },
        name,
        head: chain.len() == 1,
        signs: signs.map(|(n, member)| sign(lang, SIGNS + n * STEP, y, member)).collect(),
        more: if hidden == 0 { String::new() } else { format!("+{hidden}") },
        more_x: SIGNS + SIGNS_A_ROW * STEP,
    }
}

fn sign(lang: Lang, x: usize, y: usize, member: &MemberView) -> Sign {
    let (shape, kind) = shape(member.role);
    let well = match (&member.membership, member.own, member.link) {
        (Membership::Suspended(_), ..) => "sign-off",
        (_, true, _) | (_, _, Some(PeerState::InStep)) => "sign-good",
        (_, _, Some(PeerState::Refused)) => "sign-bad",
        (_, _, Some(_)) => "sign-busy",
        (_, _, None) => "sign-away",
    };
    let (state, _) = super::state(member);
    let name = tidy_line(&member.name, NAME_CHARS);
    let title = format!("{name} · {} · {}", labels::role(lang, member.role), say(lang, state));
    Sign { href: org_href(&member.id), x, y, title, class: format!("{kind} {well}"), shape }
}
