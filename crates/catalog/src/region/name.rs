//! From a written name to a code: step by step from the province down, or by a name that only one division has.

use super::{Found, Level, RegionError, Standing, by_code, children, history, level, table, within};

/// Endings that people leave off, longest first.
const ENDINGS: [&str; 12] = [
    "土家族苗族自治州",
    "特别行政区",
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "自治州",
    "地区",
    "省",
    "市",
    "县",
    "区",
];
/// What may stand between the names of a path.
const SEPARATORS: [char; 8] = [' ', '/', '>', '-', ',', '，', '、', '·'];

pub(super) fn find(text: &str, near: Option<&str>) -> Result<Found, RegionError> {
    let text = text.trim_matches(SEPARATORS);
    if text.is_empty() {
        return Err(RegionError::UnknownName);
    }
    if let Some((code, rest)) = descend(text) {
        return once_under(code, rest).or_else(|| by_code(code)).ok_or(RegionError::UnknownName);
    }
    unique(named(text), near)
        .or_else(|error| match error {
            RegionError::UnknownName => from_prefecture(text),
            other => Err(other),
        })
        .or_else(|error| match error {
            RegionError::UnknownName => once_named(text, near),
            other => Err(other),
        })
}

/// A text that begins with a province: its deepest division and what follows (an address may go on).
fn descend(text: &str) -> Option<(&'static str, &str)> {
    let (province, rest) = step(children(None), text)?;
    Some(descend_from(province, rest))
}

fn descend_from<'t>(start: &'static str, rest: &'t str) -> (&'static str, &'t str) {
    let mut at = start;
    let mut rest = rest.trim_start_matches(SEPARATORS);
    // Municipalities are often written twice: 北京市北京市朝阳区, and 市辖区 and the like stand between.
    while !rest.is_empty() {
        let repeated = table::name(at).and_then(|name| rest.strip_prefix(name));
        let filler = ["市辖区", "直辖县", "省直辖县级行政区划", "省直辖"]
            .iter()
            .find_map(|word| rest.strip_prefix(word));
        if let Some(after) = repeated.or(filler) {
            rest = after.trim_start_matches(SEPARATORS);
            continue;
        }
        let Some((next, after)) = step(&below(at), rest) else { break };
        at = next;
        rest = after.trim_start_matches(SEPARATORS);
    }
    (at, rest)
}

/// Divisions that may be named next: the children, and at a province the counties too (湖北省武昌区 skips the city).
fn below(code: &str) -> Vec<(&'static str, &'static str)> {
    let mut all = children(Some(code)).to_vec();
    if level(code) == Some(Level::Province) {
        all.extend(children(Some(code)).iter().flat_map(|(child, _)| children(Some(child))));
    }
    all
}

/// The division whose full or short name the text begins with; full names first, then the longest.
fn step<'t>(among: &[(&'static str, &'static str)], text: &'t str) -> Option<(&'static str, &'t str)> {
    let full = among.iter().filter_map(|(code, name)| text.strip_prefix(name).map(|rest| (*code, rest)));
    if let Some(found) = full.min_by_key(|(_, rest)| rest.len()) {
        return Some(found);
    }
    among
        .iter()
        .filter_map(|(code, name)| text.strip_prefix(short(name)?).map(|rest| (*code, rest)))
        .min_by_key(|(_, rest)| rest.len())
}

/// All divisions with this full name, or else with this short name; the widest level only.
fn named(text: &str) -> Vec<&'static str> {
    let full: Vec<&str> =
        table::all().iter().filter(|(_, name)| **name == text).map(|(code, _)| *code).collect();
    if !full.is_empty() {
        return full;
    }
    let shorts: Vec<&str> =
        table::all().iter().filter(|(_, name)| short(name) == Some(text)).map(|(code, _)| *code).collect();
    let widest = shorts.iter().filter_map(|code| level(code)).min();
    shorts.into_iter().filter(|code| level(code) == widest).collect()
}

fn unique(codes: Vec<&'static str>, near: Option<&str>) -> Result<Found, RegionError> {
    let chosen = match codes.as_slice() {
        [] => return Err(RegionError::UnknownName),
        [one] => Some(*one),
        several => nearest(several, near),
    };
    match chosen.and_then(by_code) {
        Some(found) => Ok(found),
        None => Err(RegionError::Ambiguous(codes.into_iter().map(str::to_owned).collect())),
    }
}

/// The only one of several within the prefecture, or else the province, of a place near by.
fn nearest(codes: &[&'static str], near: Option<&str>) -> Option<&'static str> {
    [4, 2].into_iter().find_map(|digits| {
        let area = near?.get(..digits)?;
        let mut inside = codes.iter().filter(|code| within(code, area));
        let only = inside.next()?;
        inside.next().is_none().then_some(*only)
    })
}

/// `武汉市武昌区`, `武汉 武昌`: a path that begins at the prefecture.
fn from_prefecture(text: &str) -> Result<Found, RegionError> {
    let prefectures: Vec<_> =
        children(None).iter().flat_map(|(province, _)| children(Some(province))).copied().collect();
    let (prefecture, rest) = step(&prefectures, text).ok_or(RegionError::UnknownName)?;
    // A short name that only happens to begin the text (白山黑水) must be followed by a division of its own.
    let (deepest, _) = descend_from(prefecture, rest);
    let whole = rest == "州" || table::name(prefecture).is_some_and(|name| text.starts_with(name));
    if deepest == prefecture && !whole {
        return Err(RegionError::UnknownName);
    }
    by_code(deepest).ok_or(RegionError::UnknownName)
}

/// A name that is no longer in use, alone: 襄樊市, 郧县.
fn once_named(text: &str, near: Option<&str>) -> Result<Found, RegionError> {
    let mut found = history::by_name(text);
    let inside: Vec<_> = match near.and_then(|code| code.get(..4)) {
        Some(area) => found.iter().filter(|(code, _)| within(code, area)).map(|(c, y)| (*c, *y)).collect(),
        None => Vec::new(),
    };
    if !inside.is_empty() {
        found = inside.into_iter().collect();
    }
    // The latest bearer of the name is meant; two of the same year cannot be told apart.
    let latest = found.values().max().copied().ok_or(RegionError::UnknownName)?;
    let bearers: Vec<_> = found.iter().filter(|(_, year)| **year == latest).map(|(code, _)| *code).collect();
    match bearers.as_slice() {
        [code] => Ok(once(code, latest)),
        _ => Err(RegionError::Ambiguous(bearers.into_iter().map(str::to_owned).collect())),
    }
}

/// A former name with which the rest of a path begins: 湖北省 襄樊市.
fn once_under(above: &str, rest: &str) -> Option<Found> {
    let (code, year) = history::under(above, rest)?;
    Some(once(code, year))
}

fn once(code: &str, year: i64) -> Found {
    let standing = if table::name(code).is_some() { Standing::Current } else { Standing::Former(year) };
    Found { code: code.to_owned(), as_of: year, standing }
}

/// A name without its ending, when at least two characters remain.
fn short(name: &'static str) -> Option<&'static str> {
    let rest = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
    (rest.chars().count() >= 2).then_some(rest)
}
