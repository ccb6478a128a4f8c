//! JSON set out for people: in the order in which it came, a part a line.

/// Depth from which lines are set in no further: what is nested deeper is no answer of this API.
const DEEPEST: usize = 32;

/// Sets out a well-formed document.
pub(super) fn indented(json: &str) -> String {
    let (mut out, mut depth) = (String::with_capacity(json.len() * 2), 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' | '[' if rest.peek().is_some_and(|next| matches!(next, '}' | ']')) => out.push(c),
            '{' | '[' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' => {
                if !out.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_is_set_out_says_the_same_in_the_same_order() {
        let json = r#"{"b":[1,{"a":"x,\"{}\\"}],"a":{},"c":[],"d":null}"#;
        let set_out = indented(json);
        assert_eq!(
            set_out,
            "{\n  \"b\": [\n    1,\n    {\n      \"a\": \"x,\\\"{}\\\\\"\n    }\n  ],\n  \"a\": {},\n  \"c\": [],\n  \"d\": null\n}"
        );
        assert_eq!(
            serde_json::from_str::<Value>(&set_out).unwrap(),
            serde_json::from_str::<Value>(json).unwrap()
        );
    }
}
