//! 询问: what someone who asks about a listing fills in, and what is wrong with it.
//!
//! One form for the page, the desk and the command line. Absent: to whom it goes and who may read it (`market`).

use crate::{Lang, id_number, words};

/// Most characters of a person's name.
pub const MAX_NAME: usize = 60;
/// Most characters of an organisation's name.
pub const MAX_ORGANISATION: usize = 120;
/// Most characters of the way to reach someone: a telephone number, an address, several of them.
pub const MAX_CONTACT: usize = 120;
/// Most characters of a message: two printed pages. With the rest it stays within 16 KiB under seal.
pub const MAX_MESSAGE: usize = 4_000;
/// Fewest characters of a way to reach someone: an extension with its area, the shortest mail address.
const MIN_CONTACT: usize = 5;
/// Fewest characters of a message.
const MIN_MESSAGE: usize = 2;

/// What someone asks, and who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// A person's name.
    pub name: String,
    /// Whom they ask for; may be empty.
    pub organisation: String,
    /// How to reach them.
    pub contact: String,
    /// What they want to know.
    pub message: String,
}

/// A field of the form that will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// `name`, `organisation`, `contact` or `message`.
    pub field: &'static str,
    /// Key of the words that say why and what to do.
    pub key: &'static str,
    /// Most characters of the field.
    pub most: usize,
}

impl Wrong {
    /// What is wrong, in words.
    pub fn in_words(&self, lang: Lang) -> String {
        words::fill(lang, self.key, &[("most", &self.most.to_string())])
    }
}

impl Asked {
    /// What was typed, without white space around it; lines end as everywhere here.
    pub fn new(name: &str, organisation: &str, contact: &str, message: &str) -> Self {
        let text = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        Self {
            name: text(name),
            organisation: text(organisation),
            contact: text(contact),
            message: text(message),
        }
    }

    /// The fields as they are called on the form and in documents, each with its text and its most characters.
    pub fn fields(&self) -> [(&'static str, &str, usize); 4] {
        [
            ("name", &self.name, MAX_NAME),
            ("organisation", &self.organisation, MAX_ORGANISATION),
            ("contact", &self.contact, MAX_CONTACT),
            ("message", &self.message, MAX_MESSAGE),
        ]
    }

    /// All that stands in the way of sending it; nothing when it may go. Identity numbers never leave a node.
    pub fn wrong(&self) -> Vec<Wrong> {
        let mut found = Vec::new();
        for (field, text, most) in self.fields() {
            let least = match field {
                "name" => 1,
                "contact" => MIN_CONTACT,
                "message" => MIN_MESSAGE,
                _ => 0,
            };
            let key = match text.chars().count() {
                count if count > most => "enquiry.wrong.long",
                count if count < least => missing(field),
                _ if id_number::contains(text) => "enquiry.wrong.id_number",
                _ if text.chars().any(|c| c.is_control() && c != '\n') => "enquiry.wrong.control",
                _ => continue,
            };
            found.push(Wrong { field, key, most });
        }
        found
    }
}

fn missing(field: &str) -> &'static str {
    match field {
        "name" => "enquiry.wrong.name",
        "contact" => "enquiry.wrong.contact",
        _ => "enquiry.wrong.message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Asked {
        Asked::new(" 李工 ", "襄阳轴承厂", "0710-3456789", "能否寄样？\r\n最晚六月")
    }

    #[test]
    fn what_is_filled_in_well_may_go() {
        assert_eq!(good().wrong(), []);
        assert_eq!(good().name, "李工");
        assert_eq!(good().message, "能否寄样？\n最晚六月");
        assert_eq!(Asked { organisation: String::new(), ..good() }.wrong(), []);
    }

    #[test]
    fn each_field_is_told_what_is_wrong_with_it() {
        let long = |most: usize| "长".repeat(most + 1);
        for (asked, field, key) in [
            (Asked { name: String::new(), ..good() }, "name", "enquiry.wrong.name"),
            (Asked { name: long(MAX_NAME), ..good() }, "name", "enquiry.wrong.long"),
            (Asked { organisation: long(MAX_ORGANISATION), ..good() }, "organisation", "enquiry.wrong.long"),
            (Asked { contact: "12".into(), ..good() }, "contact", "enquiry.wrong.contact"),
            (Asked { message: "?".into(), ..good() }, "message", "enquiry.wrong.message"),
            (Asked { message: long(MAX_MESSAGE), ..good() }, "message", "enquiry.wrong.long"),
            (Asked { message: "a\u{7}b".into(), ..good() }, "message", "enquiry.wrong.control"),
            (
                Asked { message: "证件 11010519491231002X".into(), ..good() },
                "message",
                "enquiry.wrong.id_number",
            ),
        ] {
            let wrong = asked.wrong();
            assert_eq!(wrong.len(), 1, "{asked:?}");
            assert_eq!((wrong[0].field, wrong[0].key), (field, key));
            for lang in [Lang::Zh, Lang::En] {
                assert_ne!(wrong[0].in_words(lang), key, "it is said in words");
            }
        }
        assert_eq!(Asked::default().wrong().len(), 3);
    }
}
