//! Texts with markup in them as plain text. Repositories put HTML, JATS and MathML into fields that hold text.

/// Elements of markup whose end or beginning parts paragraphs.
const BLOCKS: [&str; 21] = [
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "dd",
    "dt",
    "dl",
    "hr",
    "blockquote",
    "section",
    "title",
];
/// Elements of markup that part nothing.
const INLINE: [&str; 33] = [
    "a", "abbr", "b", "big", "body", "center", "cite", "code", "em", "font", "head", "html", "i", "img",
    "input", "kbd", "mark", "o:p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup",
    "tbody", "td", "th", "thead", "tt", "u",
];
/// Elements whose contents are no text.
const SILENT: [&str; 6] = ["script", "style", "iframe", "object", "svg", "noscript"];
/// Prefixes of elements of other vocabularies of markup.
const VOCABULARIES: [&str; 3] = ["jats:", "mml:", "m:"];
/// Longest tag, bytes; what is longer is no tag.
const MAX_TAG: usize = 2_000;
/// Names of characters that such texts use.
const NAMES: [(&str, &str); 31] = [
    ("nbsp", " "),
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("ensp", " "),
    ("emsp", " "),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("hellip", "…"),
    ("middot", "·"),
    ("bull", "•"),
    ("deg", "°"),
    ("plusmn", "±"),
    ("times", "×"),
    ("micro", "µ"),
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("mu", "μ"),
    ("le", "≤"),
    ("ge", "≥"),
    ("reg", "®"),
    ("copy", "©"),
    ("trade", "™"),
];

/// The text without its markup: known tags are left out, those that part paragraphs become line breaks, named and numbered
/// characters become themselves. A `<` that opens no known tag is a `<`: what is left is text, and to be shown as text.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = match from.strip_prefix('<') {
            Some(inside) => skip_tag(inside, &mut out),
            None => take_character(from, &mut out),
        };
    }
    out.push_str(rest);
    tidy(&out)
}

/// Leaves a tag out, and says what follows it; behind a `<` that opens none it goes on.
fn skip_tag<'t>(inside: &'t str, out: &mut String) -> &'t str {
    if let Some(comment) = inside.strip_prefix("!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let window = inside.get(..clip(inside, MAX_TAG)).unwrap_or_default();
    let name = window.strip_prefix('/').unwrap_or(window);
    let length = name
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_')))
        .unwrap_or(name.len());
    let (name, after) = name.split_at(length);
    let name = name.to_ascii_lowercase();
    // What follows a name is attributes: `p<q and r>s` is no tag.
    let after = after.split('>').next().unwrap_or_default().trim_end_matches('/').trim();
    let attributes = after.is_empty() || after.contains('=');
    let known = |list: &[&str]| list.contains(&name.as_str());
    let foreign = VOCABULARIES.iter().any(|prefix| name.starts_with(prefix));
    let (block, silent) = (known(&BLOCKS) || name == "jats:p" || name == "jats:title", known(&SILENT));
    let Some(end) = window.find('>').filter(|_| attributes && (block || silent || foreign || known(&INLINE)))
    else {
        out.push('<');
        return inside;
    };
    if block {
        out.push('\n');
    }
    let rest = inside.get(end + 1..).unwrap_or_default();
    if !silent || inside.starts_with('/') {
        return rest;
    }
    // Up to its end; one that never ends silences all that follows.
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|rest| rest.find("</")) {
        let behind = rest.get(at + found + 2..).unwrap_or_default();
        if behind.get(..name.len()).is_some_and(|end| end.eq_ignore_ascii_case(&name)) {
            return behind.split_once('>').map_or("", |(_, rest)| rest);
        }
        at += found + 2;
    }
    ""
}

/// Puts a named or numbered character in its place, and says what follows it.
fn take_character<'t>(from: &'t str, out: &mut String) -> &'t str {
    let inside = from.get(1..).unwrap_or_default();
    let name = inside.get(..clip(inside, 12)).and_then(|window| window.split_once(';')).map(|(name, _)| name);
    let meant = name.and_then(|name| match name.strip_prefix('#') {
        Some(number) => {
            let hexadecimal = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            let code = hexadecimal.unwrap_or_else(|| number.parse()).ok()?;
            char::from_u32(code).filter(|c| !c.is_control()).map(String::from)
        }
        None => NAMES.iter().find(|(known, _)| *known == name).map(|(_, meant)| (*meant).to_owned()),
    });
    match (meant, name) {
        (Some(meant), Some(name)) => {
            out.push_str(&meant);
            inside.get(name.len() + 1..).unwrap_or_default()
        }
        _ => {
            out.push('&');
            inside
        }
    }
}

/// The last boundary of characters within so many bytes.
fn clip(text: &str, bytes: usize) -> usize {
    (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Lines without space around them, at most one empty line between two.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            empty = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty { "\n\n" } else { "\n" });
        }
        empty = false;
        out.push_str(&words.join(" "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_text_stays() {
        for (text, expected) in [
            ("plain 石墨烯", "plain 石墨烯"),
            ("<p>one</p><p>two</p>", "one\n\ntwo"),
            ("<P CLASS='x'>one<BR/>two", "one\ntwo"),
            ("H<sub>2</sub>O at 5 &lt; 6&nbsp;°C &#945;&#x3b2;&alpha;", "H2O at 5 < 6 °C αβα"),
            ("<jats:p>a</jats:p><mml:math><mml:mi>x</mml:mi></mml:math>", "a\nx"),
            ("a<script>alert('</p>')</script>b<style>p{}</style>c<!-- d -->e", "abce"),
            ("a<script>alert(1)", "a"),
            // No tags.
            (
                "p<q and r>s, x < y, <10 nm, <unheard>z</unheard>, 5<",
                "p<q and r>s, x < y, <10 nm, <unheard>z</unheard>, 5<",
            ),
            ("AT&T & co &unknown; &; &#xffffffff; &#0;", "AT&T & co &unknown; &; &#xffffffff; &#0;"),
            ("  a \t b\r\n\r\n\r\n c ", "a b\n\nc"),
            ("<p", "<p"),
            ("&", "&"),
            ("&汉字汉字汉字", "&汉字汉字汉字"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_was_escaped_is_not_made_dangerous_by_being_shown_as_markup() {
        // What is left of it is text; pages escape it.
        assert_eq!(plain("&lt;script&gt;alert(1)&lt;/script&gt;"), "<script>alert(1)</script>");
    }
}
