//! Keys and bytes of watches in the table of settings (decision 0055).
//!
//! | key | value |
//! |---|---|
//! | `watch:` id | form (1; 2 where it looks at this network alone), owner, name, what is asked for, how often, flags, since, from, feed, webhook, mailbox |
//! | `watch-at:` id | form (1), next, read, the channel of the webhook, that of mail |
//! | `watch-found:` id `:` document (32) | form (1), number, digest (8), changed, when |
//! | `watch-clock` | milliseconds since 1970 (8) |

use protocol::{Checked, Decoder, DocumentId, Encoder, Fault};

use super::{Channel, Every, Found, Hook, Looked, MAX_ASKS, MAX_HOOK, Mailbox, Message, Progress, Watch};

pub(super) const WATCH: &str = "watch:";
const PROGRESS: &str = "watch-at:";
const FOUND: &str = "watch-found:";
pub(super) const CLOCK: &[u8] = b"watch-clock";

/// The form of these records. One that is not known is not shown, and not lost.
const FORM: u8 = 1;
/// The form of a watch that looks at its own network alone: a program that knows no other networks reads those that look at all.
const AT_HOME: u8 = 2;
/// Bytes of a name, of an account or of a watch.
const MAX_NAME: usize = 512;
/// Bytes of a mail address.
const MAX_ADDRESS: usize = 1_024;
/// Bytes of why something failed.
pub(super) const MAX_WHY: usize = 1_024;

pub(super) fn watch_key(id: &str) -> Vec<u8> {
    format!("{WATCH}{id}").into_bytes()
}

pub(super) fn progress_key(id: &str) -> Vec<u8> {
    format!("{PROGRESS}{id}").into_bytes()
}

pub(super) fn found_prefix(id: &str) -> Vec<u8> {
    format!("{FOUND}{id}:").into_bytes()
}

pub(super) fn found_key(id: &str, listing: &DocumentId) -> Vec<u8> {
    [found_prefix(id), listing.0.to_vec()].concat()
}

fn form(from: &mut Decoder<'_>) -> Checked<()> {
    match from.u8("form of a watch")? {
        FORM => Ok(()),
        other => Err(Fault::Unknown { what: "form of a watch", code: other.into() }),
    }
}

fn flag(from: &mut Decoder<'_>) -> Checked<bool> {
    Ok(from.uint_max(1, "a flag")? == 1)
}

pub(super) fn watch_bytes(watch: &Watch) -> Vec<u8> {
    let mut to = Encoder::new();
    let form = if watch.abroad { FORM } else { AT_HOME };
    to.u8(form).text(&watch.owner).text(&watch.name).text(&watch.asks).text(watch.every.id());
    for flag in [watch.zh, watch.tells, watch.paused] {
        to.uint(flag.into());
    }
    to.int(watch.since_ms).uint(watch.from);
    to.option(watch.feed.as_ref(), |to, token| {
        to.raw(token);
    });
    to.option(watch.hook.as_ref(), |to, hook| {
        to.text(&hook.url).raw(&hook.secret);
    });
    to.option(watch.mail.as_ref(), |to, mail| {
        to.text(&mail.address).raw(&mail.stop);
    });
    to.finish()
}

pub(super) fn watch(key: &[u8], value: &[u8]) -> Option<Watch> {
    let id = std::str::from_utf8(key).ok()?.strip_prefix(WATCH)?.to_owned();
    let read = |from: &mut Decoder<'_>| {
        let abroad = match from.u8("form of a watch")? {
            FORM => true,
            AT_HOME => false,
            other => return Err(Fault::Unknown { what: "form of a watch", code: other.into() }),
        };
        Ok(Watch {
            id,
            abroad,
            owner: from.text(MAX_NAME, "owner of a watch")?.to_owned(),
            name: from.text(MAX_NAME, "name of a watch")?.to_owned(),
            asks: from.text(MAX_ASKS, "what a watch asks for")?.to_owned(),
            every: Every::from_id(from.text(16, "how often a watch tells")?).unwrap_or_default(),
            zh: flag(from)?,
            tells: flag(from)?,
            paused: flag(from)?,
            since_ms: from.int("time of a watch")?,
            from: from.uint("beginning of a watch")?,
            feed: from.option("feed of a watch", |from| from.array("token"))?,
            hook: from.option("webhook", |from| {
                let url = from.text(MAX_HOOK, "address of a webhook")?.to_owned();
                Ok(Hook { url, secret: from.array("secret")? })
            })?,
            mail: from.option("mailbox", |from| {
                let address = from.text(MAX_ADDRESS, "address of a mailbox")?.to_owned();
                Ok(Mailbox { address, stop: from.array("token")? })
            })?,
        })
    };
    Decoder::whole(value, "watch", read).ok()
}

fn put_channel(to: &mut Encoder, channel: &Channel) {
    to.uint(channel.sent);
    to.option(channel.message.as_ref(), |to, message| {
        to.text(&message.id).uint(message.upto).uint(message.tries.into());
    });
    to.int(channel.not_before_ms).uint(channel.stopped.into());
    to.text(&channel.why.0).text(&channel.why.1).int(channel.last_ms);
}

fn channel(from: &mut Decoder<'_>) -> Checked<Channel> {
    Ok(Channel {
        sent: from.uint("what was sent")?,
        message: from.option("message", |from| {
            Ok(Message {
                id: from.text(64, "id of a message")?.to_owned(),
                upto: from.uint("end of a message")?,
                tries: from.uint_max(u32::MAX.into(), "tries")? as u32,
            })
        })?,
        not_before_ms: from.int("time of the next try")?,
        stopped: flag(from)?,
        why: (from.text(MAX_WHY, "reason")?.to_owned(), from.text(MAX_WHY, "reason")?.to_owned()),
        last_ms: from.int("time of the last one taken")?,
    })
}

impl Progress {
    /// Before anything was found.
    pub(super) fn begin() -> Self {
        let channel = || Channel { sent: 1, ..Channel::default() };
        Self { next: 1, read: 1, hook: channel(), mail: channel() }
    }
}

pub(super) fn progress_bytes(progress: &Progress) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(FORM).uint(progress.next).uint(progress.read);
    put_channel(&mut to, &progress.hook);
    put_channel(&mut to, &progress.mail);
    to.finish()
}

pub(super) fn progress(value: &[u8]) -> Option<Progress> {
    let read = |from: &mut Decoder<'_>| {
        form(from)?;
        let (next, read) = (from.uint("next thing found")?, from.uint("what was read")?);
        Ok(Progress { next, read, hook: channel(from)?, mail: channel(from)? })
    };
    Decoder::whole(value, "progress of a watch", read).ok()
}

pub(super) fn found_bytes(found: &Found) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(FORM).uint(found.number).raw(&found.digest).uint(found.changed.into()).int(found.found_ms);
    to.finish()
}

pub(super) fn found(prefix: &[u8], key: &[u8], value: &[u8]) -> Option<Found> {
    let id = DocumentId(key.strip_prefix(prefix)?.try_into().ok()?);
    let read = |from: &mut Decoder<'_>| {
        form(from)?;
        let (number, digest) = (from.uint("number of what was found")?, from.array("digest")?);
        let (changed, found_ms) = (flag(from)?, from.int("time of what was found")?);
        Ok(Found { id, number, digest, changed, found_ms })
    };
    Decoder::whole(value, "what a watch found", read).ok()
}

pub(super) fn looked_bytes(looked: Looked) -> Vec<u8> {
    let mut to = Encoder::new();
    to.u8(FORM).uint(looked.next).int(looked.known_before_ms);
    to.finish()
}

pub(super) fn looked(value: &[u8]) -> Option<Looked> {
    let read = |from: &mut Decoder<'_>| {
        form(from)?;
        Ok(Looked { next: from.uint("next arrival")?, known_before_ms: from.int("time")? })
    };
    Decoder::whole(value, "how far watches have looked", read).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_went_and_no_cut_one_is_read() {
        let watch_of = Watch {
            id: "0123456789abcdef".to_owned(),
            owner: "王芳".to_owned(),
            name: "石墨烯 <b>".to_owned(),
            asks: "q=%E7%9F%B3&kind=achievement".to_owned(),
            every: Every::Week,
            zh: true,
            tells: false,
            paused: true,
            abroad: true,
            since_ms: -7,
            from: 9,
            feed: Some([1; 16]),
            hook: Some(Hook { url: "https://a.cn/x".to_owned(), secret: [2; 32] }),
            mail: Some(Mailbox { address: "a@b.cn".to_owned(), stop: [3; 16] }),
        };
        let (key, bytes) = (watch_key(&watch_of.id), watch_bytes(&watch_of));
        assert_eq!(watch(&key, &bytes), Some(watch_of.clone()));
        assert!((0..bytes.len()).all(|end| watch(&key, &bytes[..end]).is_none()));
        let bare = Watch { abroad: false, feed: None, hook: None, mail: None, ..watch_of };
        assert_eq!(watch(&key, &watch_bytes(&bare)), Some(bare));

        let message = Message { id: "msg_1".to_owned(), upto: 3, tries: 2 };
        let mut at = Progress { next: 5, read: 2, ..Progress::begin() };
        at.mail =
            Channel { message: Some(message), stopped: true, why: ("不".into(), "no".into()), ..at.mail };
        let bytes = progress_bytes(&at);
        assert_eq!(progress(&bytes), Some(at));
        assert!((0..bytes.len()).all(|end| progress(&bytes[..end]).is_none()));

        let one = Found { id: DocumentId([4; 32]), number: 5, digest: [6; 8], changed: true, found_ms: 7 };
        let key = found_key("ab", &one.id);
        assert_eq!(found(&found_prefix("ab"), &key, &found_bytes(&one)), Some(one));
        assert_eq!(looked(&looked_bytes(Looked { next: 3, known_before_ms: -1 })).map(|l| l.next), Some(3));
    }
}
