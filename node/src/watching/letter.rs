//! The mail of a watch: text and page, in its owner's language.

use catalog::{Kind, Lang, Record, words};
use courier::Letter;
use market::Watch;

use super::telling::News;
use crate::office::{Office, kind_id};
use crate::site::name_of;

/// Characters of a summary in a mail.
const SUMMARY_CHARS: usize = 160;

/// A listing in a mail.
struct Item {
    title: String,
    about: String,
    summary: String,
    address: String,
}

/// A mail about what was found; one about nothing says that it is a test.
pub(super) fn of(office: &Office, watch: &Watch, found: &[News], more: bool, id: &str) -> Option<Letter> {
    let mailbox = watch.mail.as_ref()?;
    let lang = if watch.zh { Lang::Zh } else { Lang::En };
    let address = office.config().web.address().ok().flatten();
    let base = match &address {
        Some(address) => address.as_str().to_owned(),
        None => office.web().unwrap_or_default().trim_end_matches('/').to_owned(),
    };
    let items: Vec<Item> = found.iter().map(|news| item(news, lang, &base)).collect();
    let node = office.identity().institution.name.clone();
    let own = format!("{base}/desk/watches/{}", watch.id);
    let page = Page { lang, node, own, name: watch.tells.then_some(watch.name.as_str()), items, more };
    let stop = data_encoding::HEXLOWER.encode(&mailbox.stop);
    Some(Letter {
        to: mailbox.address.clone(),
        subject: page.subject(),
        text: page.text(),
        html: page.html(),
        id: id.to_owned(),
        // Elsewhere nobody reaches this node under its name for itself.
        stop: address.map(|address| format!("{}/stop/{stop}", address.as_str())),
    })
}

fn item(News { found, listing, market }: &News, lang: Lang, base: &str) -> Item {
    let record = Record::new(listing.state.flat());
    let kind = Kind::from_id(&kind_id(listing.log.shelf.kind.0));
    let change = words::say(lang, if found.changed { "web.watch.changed" } else { "web.watch.new" });
    let region = record.text("region").and_then(catalog::region::path_text).unwrap_or_default();
    let kind = kind.map(|kind| kind.label(lang)).unwrap_or_default();
    let market = market.as_ref().map(|market| name_of(&market.peer));
    let market = market.map(|name| words::fill(lang, "web.watch.market", &[("network", name.pick(lang))]));
    let market = market.unwrap_or_default();
    let about = [change, kind, &listing.institution_name, &region, &market];
    let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
    let title = one_line(listing.title());
    let summary = one_line(record.text("summary").unwrap_or_default());
    Item {
        title: if title.is_empty() { listing.id.to_string() } else { title },
        about: about.join(" · "),
        summary: cut(&summary),
        address: format!("{base}/listing/{}", listing.id),
    }
}

struct Page<'a> {
    lang: Lang,
    node: String,
    /// The page of the watch at the desk.
    own: String,
    /// What the watch is called, where that may leave the node.
    name: Option<&'a str>,
    items: Vec<Item>,
    more: bool,
}

impl Page<'_> {
    fn subject(&self) -> String {
        let count = self.items.len().to_string();
        match (self.items.is_empty(), self.name) {
            (true, _) => words::fill(self.lang, "web.watch.subject.test", &[("node", &self.node)]),
            (false, None) => {
                words::fill(self.lang, "web.watch.subject", &[("n", &count), ("node", &self.node)])
            }
            (false, Some(name)) => {
                words::fill(self.lang, "web.watch.subject.named", &[("n", &count), ("name", name)])
            }
        }
    }

    /// What stands before the list, and behind it.
    fn around(&self) -> (String, String) {
        let say = |key: &str| words::say(self.lang, key).to_owned();
        let before = if self.items.is_empty() { say("web.watch.test") } else { self.subject() };
        let behind = if self.more { say("web.watch.more") } else { String::new() };
        (before, behind)
    }

    fn text(&self) -> String {
        let (before, behind) = self.around();
        let mut out = format!("{before}\n\n");
        for item in &self.items {
            out.push_str(&format!("{}\n{}\n", item.title, item.about));
            if !item.summary.is_empty() {
                out.push_str(&format!("{}\n", item.summary));
            }
            out.push_str(&format!("{}\n\n", item.address));
        }
        if !behind.is_empty() {
            out.push_str(&format!("{behind}\n\n"));
        }
        let foot = words::fill(self.lang, "web.watch.foot", &[("node", &self.node)]);
        out.push_str(&format!("-- \n{foot}\n{}\n", self.own));
        out
    }

    fn html(&self) -> String {
        let (before, behind) = self.around();
        let mut out = format!(
            "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
             <body style=\"margin:0;padding:24px;font-family:sans-serif;line-height:1.6;color:#22302f\">\
             <div style=\"max-width:640px;margin:0 auto\"><h1 style=\"font-size:20px\">{title}</h1>",
            self.lang.html(),
            title = escaped(&before),
        );
        for item in &self.items {
            out.push_str(&format!(
                "<div style=\"padding:14px 0;border-top:1px solid #d8dedc\">\
                 <a href=\"{}\" style=\"font-size:16px;font-weight:600;color:#0b6158\">{}</a>\
                 <div style=\"font-size:13px;color:#5a6866\">{}</div><div>{}</div></div>",
                escaped(&item.address),
                escaped(&item.title),
                escaped(&item.about),
                escaped(&item.summary),
            ));
        }
        if !behind.is_empty() {
            out.push_str(&format!("<p>{}</p>", escaped(&behind)));
        }
        let foot = words::fill(self.lang, "web.watch.foot", &[("node", &self.node)]);
        out.push_str(&format!(
            "<p style=\"margin-top:24px;padding-top:14px;border-top:1px solid #d8dedc;font-size:13px;color:#5a6866\">\
             {}<br><a href=\"{own}\" style=\"color:#0b6158\">{own}</a></p></div></body></html>",
            escaped(&foot),
            own = escaped(&self.own),
        ));
        out
    }
}

/// A text that stands in HTML as what it is, between tags and in quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A text on one line, without what plays tricks on the eye.
fn one_line(text: &str) -> String {
    catalog::fold::line(text)
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(SUMMARY_CHARS).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_stand_in_a_mail_as_what_they_are() {
        let hostile = "</div><script>alert(1)</script><a href=\"javascript:x\">'&";
        let item = Item {
            title: hostile.to_owned(),
            about: hostile.to_owned(),
            summary: hostile.to_owned(),
            address: "http://127.0.0.1/listing/ab".to_owned(),
        };
        let page = Page {
            lang: Lang::Zh,
            node: hostile.to_owned(),
            own: "http://127.0.0.1/desk/watches/ab".to_owned(),
            name: None,
            items: vec![item],
            more: true,
        };
        let html = page.html();
        assert!(!html.contains("<script") && !html.contains("href=\"javascript"), "{html}");
        assert_eq!(html.matches("<a href=").count(), 2, "{html}");
        assert!(page.text().contains(hostile), "{}", page.text());
        assert_eq!(one_line("a\u{202e}\nb"), "a b");
    }

    #[test]
    fn what_the_search_is_called_is_told_where_its_owner_says_so() {
        let item = || Item {
            title: "一".to_owned(),
            about: String::new(),
            summary: String::new(),
            address: "http://a".to_owned(),
        };
        let page = |name| Page {
            lang: Lang::En,
            node: "n".to_owned(),
            own: String::new(),
            name,
            items: vec![item()],
            more: false,
        };
        let told = |page: Page<'_>| format!("{}{}{}", page.subject(), page.text(), page.html());
        assert!(!told(page(None)).contains("secret need"));
        assert!(told(page(Some("secret need"))).contains("secret need"));
    }
}
