//! Markdown (CommonMark 0.31) from the network, as HTML that runs and loads nothing.
//!
//! What looks like HTML in it is shown as letters; pictures are their words; links lead to the web and to mailboxes alone.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Levels by which headings go down: the page has one of its own.
const BELOW: usize = 1;

/// HTML of a text.
pub(crate) fn to_html(text: &str) -> String {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES);
    let mut body = String::with_capacity(text.len() * 3 / 2);
    // What a link that leads nowhere good would have opened, so that its end is left out too.
    let mut closed: Vec<bool> = Vec::new();
    let safe = parser.filter_map(|event| match event {
        Event::Text(raw) | Event::Html(raw) | Event::InlineHtml(raw) => {
            Some(Event::InlineHtml(letters(&raw).into()))
        }
        Event::Code(raw) => Some(Event::InlineHtml(format!("<code>{}</code>", letters(&raw)).into())),
        Event::Start(Tag::Link { link_type, dest_url, id, .. }) => {
            let leads = leads_out(&dest_url);
            closed.push(!leads);
            leads.then_some(Event::Start(Tag::Link { link_type, dest_url, title: CowStr::from(""), id }))
        }
        Event::End(TagEnd::Link) => (!closed.pop().unwrap_or(true)).then_some(Event::End(TagEnd::Link)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Heading { level, .. }) => {
            let level = lower(level);
            Some(Event::Start(Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lower(level)))),
        // A block of HTML is a paragraph of letters.
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        other => Some(other),
    });
    html::push_html(&mut body, safe);
    body
}

/// A text as letters and nothing else: quotes too, so that a slip elsewhere makes no attribute of them.
fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    HeadingLevel::try_from(level as usize + BELOW).unwrap_or(HeadingLevel::H6)
}

fn leads_out(address: &str) -> bool {
    let lower = address.trim_start().to_ascii_lowercase();
    ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_as_it_is_written() {
        let html = to_html(
            "# 管理制度\n\n一、**总则**\n\n- 甲\n- [省厅](https://kjt.example.cn/a)\n\n| 项 | 值 |\n|---|---|\n| a | 1 |\n",
        );
        for part in [
            "<h2>管理制度</h2>",
            "<strong>总则</strong>",
            "<li>甲</li>",
            "<a href=\"https://kjt.example.cn/a\">省厅</a>",
            "<td>1</td>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn nothing_of_it_runs_or_loads() {
        for bad in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div>\n\n<iframe src=//x>",
            "[x](javascript:alert(1))",
            "[x]( JaVaScRiPt:alert(1) )",
            "[x](data:text/html,x)",
            "[x](//evil.example)",
            "![x](https://evil.example/pixel.png)",
            "<https://a.example\" onclick=alert(1)>",
            "[x](https://a.example '\" onclick=alert(1)')",
            "[x]\n\n[x]: javascript:alert(1)",
            "# <svg onload=alert(1)>",
            "`<script>`",
            "~~~\" onclick=alert(1)\n<script>\n~~~",
        ] {
            let html = to_html(bad);
            for part in [
                "<script",
                "<img",
                "<iframe",
                "<svg",
                "<div",
                "href=\"javascript",
                "href=\"JaVa",
                "href=\"data",
                "href=\"//",
                " onclick=alert(1)>",
                "title=",
                "'",
            ] {
                assert!(!html.contains(part), "{bad} gives {html}");
            }
        }
    }

    #[test]
    fn what_nests_deep_ends() {
        for deep in [
            "> ".repeat(20_000),
            "[".repeat(30_000),
            "*".repeat(40_000),
            "- ".repeat(20_000),
            "`a".repeat(20_000),
        ] {
            assert!(to_html(&deep).len() < 4 << 20);
        }
    }
}
