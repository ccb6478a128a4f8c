//! A file that lies in a PDF, as [`super::Certificate::to_pdf`] puts it in: not compressed, its length before it.
//!
//! This reads no PDF. It looks for the one place where a certificate of ours has the file; what another program has written anew has it
//! elsewhere or not at all, and could not be compared with ours anyway.

/// Bytes before a stream in which its dictionary says how long it is.
const DICTIONARY: usize = 512;
/// Digits of a length that are read: more than any file has that is let in.
const LENGTH_DIGITS: usize = 9;

/// The first file in a PDF that begins so; `None` when there is none.
pub fn attached<'a>(pdf: &'a [u8], beginning: &[u8]) -> Option<&'a [u8]> {
    let mark = [b"\nstream\n".as_slice(), beginning].concat();
    let at = position(pdf, &mark)?;
    let begin = at + mark.len() - beginning.len();
    let dictionary = pdf.get(at.saturating_sub(DICTIONARY)..at)?;
    let named = b"/Length ";
    let last = dictionary.windows(named.len()).rposition(|window| window == named)?;
    let digits = dictionary.get(last + named.len()..)?.iter().take_while(|byte| byte.is_ascii_digit());
    let digits: String = digits.take(LENGTH_DIGITS).map(|byte| char::from(*byte)).collect();
    pdf.get(begin..begin.checked_add(digits.parse().ok()?)?)
}

fn position(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_as_long_as_its_dictionary_says() {
        let pdf = b"%PDF\n<< /Length 99 >>\nstream\nother\nendstream <<\n  /Length 7\n  /Type /EmbeddedFile\n>>\nstream\nmine: a\nendstream";
        assert_eq!(attached(pdf, b"mine:"), Some(b"mine: a".as_slice()));
        assert_eq!(attached(pdf, b"other"), None, "a length past the end");
        assert_eq!(attached(pdf, b"nothing"), None);
        assert_eq!(attached(b"\nstream\nmine: no dictionary", b"mine:"), None);
        assert_eq!(attached(b"/Length 99999999999999999999\nstream\nmine:", b"mine:"), None);
    }
}
