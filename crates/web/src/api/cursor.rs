//! Where a page ended, for the program that goes on from there. It names the question, so that a cursor of one list is not taken for
//! one of another; what it says is checked like any input.

use protocol::hash;

/// Digits of the question's hash.
const QUESTION: usize = 16;

/// Numbers that a place consists of, at most.
const NUMBERS: usize = 4;

/// Writes a place: what kind it is (a letter), and its numbers.
pub(super) fn write(question: &str, kind: char, numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:x}")).collect();
    format!("{}.{kind}.{}", name(question), numbers.join("."))
}

/// Reads it; `None` for what [`write`] did not write about this question.
pub(super) fn read(question: &str, text: &str) -> Option<(char, Vec<u64>)> {
    let mut parts = text.split('.');
    if parts.next()? != name(question) {
        return None;
    }
    let mut kind = parts.next()?.chars();
    let (letter, None) = (kind.next()?, kind.next()) else { return None };
    let number = |part: &str| {
        let fits =
            (1..=16).contains(&part.len()) && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| u64::from_str_radix(part, 16).ok()).flatten()
    };
    let numbers: Option<Vec<u64>> = parts.take(NUMBERS + 1).map(number).collect();
    numbers.filter(|numbers| numbers.len() <= NUMBERS).map(|numbers| (letter, numbers))
}

fn name(question: &str) -> String {
    hash("api-cursor", &[question.as_bytes()]).to_string().chars().take(QUESTION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_for_its_question_alone() {
        let text = write("/list?q=钢", 'r', &[0, u64::MAX, 7]);
        assert_eq!(read("/list?q=钢", &text), Some(('r', vec![0, u64::MAX, 7])));
        assert_eq!(read("/list?q=铁", &text), None);
        assert!(crate::api::shape::Shape::Cursor.takes(&text), "{text}");
        let own = name("q");
        for wrong in
            ["", ".", "r.1", &own, &format!("{own}.rr.1"), &format!("{own}.r.-1"), &format!("{own}.r.+1")]
        {
            assert_eq!(read("q", wrong), None, "{wrong}");
        }
        let many = format!("{own}.r.1.2.3.4.5");
        assert_eq!(read("q", &many), None);
    }
}
