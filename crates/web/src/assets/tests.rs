use super::*;
use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../assets/tokens.css");

/// What browsers of about 2020 (Chromium 86) do not know and what the pages must therefore do without.
const TOO_NEW: &[&str] = &[
    ":has(",
    ":is(",
    ":where(",
    "@container",
    "@layer",
    "color-mix(",
    "subgrid",
    "inset:",
    "aspect-ratio",
    "margin-inline:",
    "padding-inline:",
    "dvh",
    "oklch(",
    "&:",
    "& ",
];

#[test]
fn the_style_sheet_asks_nothing_of_new_browsers_or_of_the_internet() {
    for word in TOO_NEW {
        assert!(!STYLE.contains(word), "{word} is too new");
    }
    for word in ["@import", "http:", "https:", "url("] {
        assert!(!STYLE.contains(word), "{word} would fetch something");
    }
    assert_eq!(STYLE.matches('{').count(), STYLE.matches('}').count());
}

#[test]
fn every_token_that_is_used_exists() {
    let known = tokens(TOKENS);
    for piece in STYLE.split("var(").skip(1) {
        let name = piece.split([')', ',']).next().unwrap().trim();
        assert!(known.contains_key(name), "{name} is no token");
    }
}

/// WCAG 2.1 AA: 4.5 : 1 for text, 3 : 1 for the borders of controls, in both schemes.
#[test]
fn colours_are_readable_in_both_schemes() {
    let (light, dark) = TOKENS.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let light = tokens(light);
    let mut both = light.clone();
    both.extend(tokens(dark));
    for scheme in [&light, &both] {
        for ground in ["--paper", "--surface", "--sunk"] {
            for text in
                ["--ink", "--ink-soft", "--ink-faint", "--accent", "--seal", "--ok", "--warn", "--bad"]
            {
                assert_contrast(scheme, text, ground, 4.5);
            }
            assert_contrast(scheme, "--line-strong", ground, 3.0);
        }
        for (text, ground) in [
            ("--accent", "--accent-soft"),
            ("--on-accent", "--accent"),
            ("--on-accent", "--accent-deep"),
            ("--seal", "--seal-soft"),
            ("--ok", "--ok-soft"),
            ("--warn", "--warn-soft"),
            ("--bad", "--bad-soft"),
            ("--ink", "--mark"),
            ("--ink", "--warn-soft"),
            ("--ink", "--bad-soft"),
        ] {
            assert_contrast(scheme, text, ground, 4.5);
        }
    }
}

#[test]
fn names_follow_the_bytes() {
    assert!(style().starts_with("/assets/lianshi.") && style().ends_with(".css"));
    assert_ne!(fingerprint("a"), fingerprint("b"));
    assert!(serve(style()).is_some());
    assert!(serve("/assets/lianshi.0000000000000000.css").is_none());
}

fn tokens(css: &str) -> BTreeMap<&str, &str> {
    let lines = css.lines().map(str::trim).filter(|line| line.starts_with("--"));
    lines.filter_map(|line| line.trim_end_matches(';').split_once(": ")).collect()
}

fn assert_contrast(scheme: &BTreeMap<&str, &str>, text: &str, ground: &str, least: f64) {
    let (text_colour, ground_colour) = (scheme[text], scheme[ground]);
    let (one, two) = (luminance(text_colour), luminance(ground_colour));
    let ratio = (one.max(two) + 0.05) / (one.min(two) + 0.05);
    assert!(ratio >= least, "{text} {text_colour} on {ground} {ground_colour}: {ratio:.2} < {least}");
}

/// Relative luminance of `#rrggbb` (WCAG 2.1).
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
