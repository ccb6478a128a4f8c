//! axe-core in a page: what of WCAG 2.2 A and AA a program can find.

use serde_json::{Value as Json, json};

use super::Browser;

/// As published, unchanged; see `tests/axe/README.md`.
const AXE: &str = include_str!("../../axe/axe.min.js");
/// The levels that are held: A and AA of WCAG 2.0 to 2.2.
const TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

impl Browser {
    /// What axe finds wrong with the page as it is: a line for each element, the rule first.
    ///
    /// # Panics
    /// When axe itself fails.
    pub fn violations(&self) -> Vec<String> {
        let options = json!({
            "runOnly": { "type": "tag", "values": TAGS },
            "resultTypes": ["violations"],
            // Targets of 24 × 24 points are AA since WCAG 2.2, and off unless asked for.
            "rules": { "target-size": { "enabled": true } },
        });
        let found = self.eval_later(&format!(
            "{AXE}\nconst done = arguments[arguments.length - 1];\n\
             axe.run(document, {options}).then(found => done(found), broken => done({{ error: String(broken) }}))"
        ));
        assert!(found["error"].is_null(), "axe: {}", found["error"]);
        let passes = found["passes"].as_array().map_or(0, Vec::len);
        assert!(passes > 5, "axe looked at nothing: {found:.400}");
        let none = Vec::new();
        let rules = found["violations"].as_array().unwrap_or(&none).iter();
        rules.flat_map(|rule| lines(rule, &none)).collect()
    }
}

fn lines(rule: &Json, none: &Vec<Json>) -> Vec<String> {
    let nodes = rule["nodes"].as_array().unwrap_or(none).iter();
    let line = |node: &Json| format!("{}: {} {}", rule["id"], node["html"], node["failureSummary"]);
    nodes.map(line).collect()
}
