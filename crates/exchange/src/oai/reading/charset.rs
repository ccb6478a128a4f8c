//! From an answer's bytes to text.

use std::borrow::Cow;

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_8};

/// Bytes at the beginning in which the declaration of XML stands.
const DECLARATION: usize = 200;

/// Encodings of several bytes a character: in these a few words may look like sound UTF-8, in others hardly any.
const SEVERAL_BYTES: [&Encoding; 6] = [BIG5, EUC_JP, EUC_KR, GB18030, GBK, SHIFT_JIS];

/// The text: by its byte order mark, else as sound UTF-8, else as it or its server declares, else as GB18030 if that reads it
/// without a fault, else with signs in place of what cannot be read. Repositories declare UTF-8 and send something else.
pub(super) fn text<'b>(bytes: &'b [u8], charset: Option<&str>) -> Cow<'b, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(length..).unwrap_or_default()).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && declared(bytes).is_none_or(|encoding| !SEVERAL_BYTES.contains(&encoding))
    {
        return Cow::Borrowed(text);
    }
    let stated = charset.and_then(|name| Encoding::for_label(name.trim().as_bytes()));
    let candidates = [declared(bytes), stated, Some(UTF_8), Some(GB18030)];
    for encoding in candidates.into_iter().flatten() {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return text;
        }
    }
    String::from_utf8_lossy(bytes)
}

/// What the declaration of XML says.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..DECLARATION.min(bytes.len()))?;
    let end = head.windows(2).position(|two| two == b"?>")?;
    let head = std::str::from_utf8(head.get(..end)?).ok()?;
    let said = head.strip_prefix("<?xml")?.split_once("encoding")?.1.trim_start().strip_prefix('=')?;
    let said = said.trim_start();
    let quote = said.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(said.get(1..)?.split(quote).next()?.trim().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_in_the_encoding_that_it_really_has() {
        let of = |declared: &str, encoding: &'static Encoding| {
            let text =
                format!("<?xml version=\"1.0\" encoding=\"{declared}\"?><a>石墨烯散热膜的制备方法</a>");
            encoding.encode(&text).0.into_owned()
        };
        for (bytes, charset) in [
            (of("UTF-8", UTF_8), None),
            (of("gbk", GB18030), None),
            // Declared wrongly.
            (of("UTF-8", GB18030), None),
            (of("UTF-8", GB18030), Some("gb2312")),
            (of("iso-8859-1", UTF_8), Some("iso-8859-1")),
            ([b"\xef\xbb\xbf".as_slice(), &of("gbk", UTF_8)].concat(), None),
        ] {
            let text = text(&bytes, charset);
            assert!(text.contains("石墨烯散热膜"), "{text}");
        }
        assert_eq!(text(b"a\xffb\xfe", None), "a\u{fffd}b\u{fffd}");
        assert_eq!(text(b"", None), "");
    }
}
