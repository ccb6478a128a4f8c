//! Statistics of the fixed source.

use catalog::statistics::Dimension;
use web::view::{
    AnsweredView, DemandsView, PartView, ProfileView, StatisticsAsk, StatisticsView, TextLine, VersionView,
    WorkView,
};

use super::{Fake, NOW, ORG, SUSPENDED};

/// Figures as a node counts them; keys that no catalogue knows carry the poison.
pub fn statistics(fake: &Fake, asked: &StatisticsAsk) -> StatisticsView {
    let key = |key: &str| if key.is_empty() { fake.poison.clone() } else { key.to_owned() };
    let by = |dimension, counts: &[(&str, u64)]| {
        let counts = counts.iter().filter(|(_, count)| !fake.empty && *count > 0);
        let counts = counts.map(|(name, count)| (key(name), *count));
        (dimension, counts.filter(|(key, _)| !key.is_empty()).collect())
    };
    let work = |id: &str, name: &str, listings, active| WorkView {
        id: id.to_owned(),
        name: fake.text(name),
        active,
        listings,
        withdrawn: 2,
        evaluated: 3,
        honoured: 1,
        contracts: 5,
        rejected: 1,
        matches: 2,
        given: 4,
    };
    StatisticsView {
        asked: asked.clone(),
        now: "2026-03".parse().ok(),
        listings: if fake.empty { 0 } else { 1_234 },
        standing: if fake.empty { 0 } else { 12_408 },
        withdrawn: 17,
        by: vec![
            by(Dimension::Kind, &[("achievement", 1_000), ("demand", 234), ("", 1)]),
            by(Dimension::Region, &[("420106", 1_034), ("429004", 200), ("", 1)]),
            by(Dimension::Field, &[("none", 534), ("", 700)]),
            by(Dimension::Readiness, &[("6", 1_234)]),
            by(Dimension::Cooperation, &[("none", 1_234), ("", 2)]),
            by(Dimension::Month, &[("2026-02", 11_174), ("2026-03", 1_234), ("none", 7), ("", 1)]),
        ],
        areas: vec!["420000".to_owned(), "420100".to_owned()],
        institutions: vec![work(ORG, "武汉大学", 1_000, true), work(SUSPENDED, "某某研究院", 234, false)],
        demands: DemandsView { listed: 234, looked_at: 40, matched: 21, contracted: 8 },
        answered: AnsweredView { received: 9, answered: 7, in_time: 6 },
        digest: fake.text(&"d1".repeat(32)),
        entry_digest: fake.text(&"e5".repeat(32)),
        logs: 128,
        entries: 13_020,
    }
}

/// The four unifications: rules of which one version's text is here, and the rest without.
pub fn profile(fake: &Fake) -> ProfileView {
    let held = TextLine { by: fake.text("湖北技术交易所"), at_ms: NOW, bytes: 64 };
    let version = |version: &str, text: &str, held| VersionView {
        version: fake.text(version),
        text: text.repeat(32),
        step: if text.is_empty() { String::new() } else { "c7".repeat(32) },
        held,
    };
    let part = |id, versions| PartView { id, versions };
    ProfileView {
        parts: vec![
            part("brand", vec![version("1", "", None)]),
            part("rules", vec![version("2026-2", "b2", Some(held)), version("2026-1", "b1", None)]),
            part("data", vec![version("1", "", None)]),
            part("service", vec![version("1", "", None)]),
        ],
    }
}
