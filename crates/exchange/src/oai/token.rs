//! Resumption tokens: all that was asked, and the place to go on from.

use data_encoding::BASE64URL_NOPAD;

use super::request::{Format, SetSpec, Walk};
use super::stamp::Stamp;

/// Where a walk goes on, and what it has given so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The catalogue that the place is one of.
    pub catalogue: u64,
    /// The second of the last one given.
    pub at_s: u64,
    /// Its number.
    pub number: u64,
    /// How many were given so far.
    pub given: u64,
}

/// The form of tokens: another one is refused as bad, and the harvester begins anew.
const FORM: &str = "1";
/// Longest token that is looked at.
const LONGEST: usize = 512;

pub(super) fn write(walk: &Walk, mark: &Mark) -> String {
    let stamp = |stamp: Option<Stamp>| stamp.map(Stamp::text).unwrap_or_default();
    let set = walk.set.as_ref().map(SetSpec::text).unwrap_or_default();
    let text = format!(
        "{FORM} {} {} {} {set} {:x} {:x} {:x} {:x}",
        walk.format.prefix(),
        stamp(walk.from),
        stamp(walk.until),
        mark.catalogue,
        mark.at_s,
        mark.number,
        mark.given
    );
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// The walk that a token goes on with; `None` of what is no token of ours.
pub(super) fn read(token: &str) -> Option<Walk> {
    let bytes =
        BASE64URL_NOPAD.decode(Some(token).filter(|token| token.len() <= LONGEST)?.as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let parts: Vec<&str> = text.split(' ').collect();
    let [FORM, format, from, until, set, catalogue, at_s, number, given] = parts.as_slice() else {
        return None;
    };
    let stamp = |text: &str| if text.is_empty() { Some(None) } else { Stamp::parse(text).map(Some) };
    let number_of = |text: &str| u64::from_str_radix(text, 16).ok();
    Some(Walk {
        format: Format::from_prefix(format)?,
        from: stamp(from)?,
        until: stamp(until)?,
        set: if set.is_empty() { None } else { Some(SetSpec::parse(set)?) },
        after: Some(Mark {
            catalogue: number_of(catalogue)?,
            at_s: number_of(at_s)?,
            number: number_of(number)?,
            given: number_of(given)?,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_all_that_was_asked() {
        let mark = Mark { catalogue: u64::MAX, at_s: 1_795_806_464, number: 9, given: 200 };
        for set in [None, SetSpec::parse("kind:demand"), SetSpec::parse("region:42:4201:420106")] {
            let walk = Walk {
                format: Format::Full,
                from: Stamp::parse("2026-11-27"),
                until: Stamp::parse("2026-11-28"),
                set,
                after: None,
            };
            let token = write(&walk, &mark);
            assert_eq!(read(&token), Some(Walk { after: Some(mark), ..walk }));
            assert!(
                (0..token.len()).all(|end| read(&token[..end]).is_none_or(|walk| walk.after != Some(mark)))
            );
        }
        for bad in ["", "!", "MQ", &"A".repeat(600), "汉"] {
            assert_eq!(read(bad), None);
        }
    }
}
