//! Whether figures that another node gives follow from what is held here; if not, what is missing, log by log.

use std::collections::BTreeMap;
use std::time::Duration;

use market::{Apart, EntrySet, STATISTICS_VERSION, StatisticsAnswer};
use protocol::{Decoder, Hash, Head, LogId};
use serde_json::{Value as Json, json};

use super::{Asked, MAX_HEADS, Office};
use crate::office::Reply;
use crate::office::failure::{Failure, exit};
use crate::office::json::{kind_id, visibility};

/// Logs that are named one by one; the rest is counted.
const TOLD: usize = 50;

/// What became of a comparison; its word in answers and in the catalogue of words.
enum Verdict {
    /// The same figures follow here.
    Confirmed,
    /// From the same entries other figures follow here, or the file contradicts itself.
    Refuted(&'static str),
    /// Other entries are held here.
    Apart,
    /// Another version of the rules made them.
    Rules,
}

impl Office {
    /// Compares figures that another node gives, within `patience`: by their digest, or by the file that has the entries too.
    ///
    /// # Errors
    /// When the digest or the file is none, or listings are still being counted for the first time.
    pub fn confirm(&self, asked: &Asked, digest: &str, claim: Option<&Json>, patience: Duration) -> Reply {
        let asked = match claim {
            Some(claim) => serde_json::from_value(claim["asked"].clone()).map_err(|_| no_file())?,
            None => asked.clone(),
        };
        let claimed: Hash = digest
            .parse()
            .map_err(|_| Failure::said(exit::USAGE, "cli.failure.digest", &[("digest", digest)]))?;
        let answer = self.statistics(asked.question()?, patience)?;
        let own = self.statistics_json(&answer, false)?;
        let there = claim.map(entries_in).transpose()?.flatten();
        let verdict = match claim {
            None if answer.digest == claimed => Verdict::Confirmed,
            None => Verdict::Apart,
            Some(claim) => judge(claim, there.as_ref(), &answer, &own, claimed),
        };
        let word = match &verdict {
            Verdict::Confirmed => "confirmed",
            Verdict::Refuted(why) => why,
            Verdict::Apart => "apart",
            Verdict::Rules => "rules",
        };
        let apart = match (&verdict, &there) {
            (Verdict::Apart, Some(there)) => Some(self.apart_json(&answer, there)?),
            _ => None,
        };
        Ok(json!({
            "v": 1, "confirmed": matches!(verdict, Verdict::Confirmed), "verdict": word,
            "refuted": matches!(verdict, Verdict::Refuted(_)),
            "claimed": claimed.to_string(), "apart": apart, "peers": self.behind_json(), "here": own,
        }))
    }

    /// Where the entries here differ from others.
    fn apart_json(&self, answer: &StatisticsAnswer, there: &EntrySet) -> Reply {
        let apart = answer.entries.apart(there);
        let (mut behind, mut ahead, mut logs) = (0, 0, Vec::new());
        for (log, how) in &apart {
            let (word, entries) = match how {
                Apart::Behind(entries) => ("behind", *entries),
                Apart::Ahead(entries) => ("ahead", *entries),
                Apart::Forked => ("forked", 0),
            };
            behind += if word == "behind" { entries } else { 0 };
            ahead += if word == "ahead" { entries } else { 0 };
            if logs.len() < TOLD {
                logs.push(json!({
                    "how": word, "entries": entries, "node": log.node.to_string(),
                    "institution": self.library().name_behind(log)?, "kind": kind_id(log.shelf.kind.0),
                    "region": format!("{:06}", log.shelf.region), "visibility": visibility(log.shelf.visibility),
                }));
            }
        }
        Ok(json!({
            "logs": logs, "count": apart.len(), "behind": behind, "ahead": ahead,
            "roster": answer.entries.roster != there.roster,
        }))
    }

    /// Nodes connected now with which this one is not in step: from them more may come.
    fn behind_json(&self) -> Json {
        let figures = self.figures();
        let out = figures.peers.iter().filter(|peer| !peer.synced);
        let name = |peer: &replica::PeerView| {
            let certificate = peer.certificate.as_ref();
            certificate.and_then(|certificate| self.library().institution_of(certificate)).unwrap_or_default()
        };
        let out = out.map(
            |peer| json!({ "node": peer.peer.to_string(), "name": name(peer), "logs": peer.logs_behind }),
        );
        json!({ "connected": figures.peers.len(), "out_of_step": out.collect::<Vec<_>>() })
    }
}

fn judge(
    claim: &Json,
    there: Option<&EntrySet>,
    answer: &StatisticsAnswer,
    own: &Json,
    claimed: Hash,
) -> Verdict {
    if claim["network"]["id"] != own["network"]["id"] {
        return Verdict::Refuted("network");
    }
    if claim["rules"] != json!(STATISTICS_VERSION) {
        return Verdict::Rules;
    }
    // What the file says of the entries must be what it calls them.
    let named = claim["entries"]["digest"].as_str().unwrap_or_default();
    if there.is_some_and(|there| there.digest().to_string() != named) {
        return Verdict::Refuted("itself");
    }
    if answer.entry_digest.to_string() != named {
        return Verdict::Apart;
    }
    match claim["figures"] == own["figures"] && answer.digest == claimed {
        true => Verdict::Confirmed,
        false => Verdict::Refuted("figures"),
    }
}

fn no_file() -> Failure {
    Failure::said(exit::REJECTED, "cli.failure.figures", &[])
}

/// The entries that a file names; `None` where it has their digest alone.
fn entries_in(claim: &Json) -> Result<Option<EntrySet>, Failure> {
    let entries = &claim["entries"];
    let Some(heads) = entries["heads"].as_array() else { return Ok(None) };
    if heads.len() > MAX_HEADS {
        return Err(no_file());
    }
    let text = |json: &Json| json.as_str().map(str::to_owned).ok_or_else(no_file);
    let read = |head: &Json| {
        let log = data_encoding::HEXLOWER_PERMISSIVE
            .decode(text(&head["log"])?.as_bytes())
            .map_err(|_| no_file())?;
        let log = Decoder::whole(&log, "log", LogId::decode).map_err(|_| no_file())?;
        let hash = text(&head["hash"])?.parse().map_err(|_| no_file())?;
        Ok((log, Head { seq: head["seq"].as_u64().ok_or_else(no_file)?, hash }))
    };
    let heads: BTreeMap<LogId, Head> = heads.iter().map(read).collect::<Result<_, Failure>>()?;
    let roster = text(&entries["roster"])?.parse().map_err(|_| no_file())?;
    Ok(Some(EntrySet { heads, roster }))
}
