//! How long something waits for a person, and what is told of it in numbers.
//!
//! **The clock.** An enquiry waits from its receipt (the home node's own clock when it had stored it durably) to the first
//! answer that a person gives (the same clock). The time on the way, in a mailbox for instance, and the asker's clock are
//! not in it; receipts are no answers. Of demands see `desk/demands.rs`.

use protocol::{Checked, Decoder, Encoder};

/// An enquiry is to be answered within this long, milliseconds: 企业技术需求“24小时”响应.
pub const ANSWER_WITHIN_MS: i64 = 24 * 3_600_000;
/// Figures look back this far, milliseconds: thirty days.
pub const FIGURES_OVER_MS: i64 = 30 * 24 * 3_600_000;

/// Bytes of a name in a record.
const MAX_BY: usize = 256;

/// How far the desk has come with an enquiry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// When it was received, by this node's clock.
    pub since_ms: i64,
    /// Kind code of the listing.
    pub kind: u16,
    /// Whether someone has opened it.
    pub read: bool,
    /// When a person first answered.
    pub answered_ms: Option<i64>,
    /// When it was closed without more.
    pub closed_ms: Option<i64>,
    /// Who did that; empty for the command line.
    pub by: String,
}

/// Where an enquiry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnquiryState {
    /// 待处理: nobody has opened it.
    New,
    /// 已读: someone has.
    Read,
    /// 已答复.
    Answered,
    /// 已关闭: it needs no answer.
    Closed,
}

impl EnquiryState {
    /// `new`, `read`, `answered` or `closed`.
    pub fn id(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Read => "read",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }
}

impl Held {
    /// Where it stands.
    pub fn state(&self) -> EnquiryState {
        match (self.answered_ms, self.closed_ms) {
            (Some(_), _) => EnquiryState::Answered,
            (None, Some(_)) => EnquiryState::Closed,
            (None, None) if self.read => EnquiryState::Read,
            (None, None) => EnquiryState::New,
        }
    }

    /// Whether it still waits for an answer.
    pub fn is_open(&self) -> bool {
        self.answered_ms.is_none() && self.closed_ms.is_none()
    }

    /// When it stopped waiting.
    pub fn done_ms(&self) -> Option<i64> {
        self.answered_ms.or(self.closed_ms)
    }

    /// How long it has waited, or had waited when it was answered or closed; milliseconds.
    pub fn waited_ms(&self, now_ms: i64) -> i64 {
        self.done_ms().unwrap_or(now_ms).saturating_sub(self.since_ms).max(0)
    }

    /// Whether it waits longer than it should, or did until it was answered.
    pub fn is_late(&self, now_ms: i64) -> bool {
        self.closed_ms.is_none_or(|_| self.answered_ms.is_some()) && self.waited_ms(now_ms) > ANSWER_WITHIN_MS
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        to.int(self.since_ms).uint(self.kind.into()).u8(self.read.into());
        to.option(self.answered_ms.as_ref(), |to, ms| {
            to.int(*ms);
        });
        to.option(self.closed_ms.as_ref(), |to, ms| {
            to.int(*ms);
        });
        to.text(&self.by);
        to.finish()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Checked<Self> {
        Decoder::whole(bytes, "record of an enquiry", |from| {
            let time = |from: &mut Decoder<'_>| from.option("time", |from| from.int("time"));
            Ok(Self {
                since_ms: from.int("time")?,
                kind: from.uint_max(u16::MAX.into(), "kind")? as u16,
                read: from.u8("whether it was read")? != 0,
                answered_ms: time(from)?,
                closed_ms: time(from)?,
                by: from.text(MAX_BY, "name")?.to_owned(),
            })
        })
    }
}

/// What is told of enquiries in numbers. All of it is counted here, by this node's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnquiryFigures {
    /// Those that nobody has opened.
    pub new: u64,
    /// Those that wait for an answer, opened or not.
    pub open: u64,
    /// Of these the ones that have waited longer than they should.
    pub overdue: u64,
    /// Those received within the last thirty days that were answered.
    pub answered: u64,
    /// Of these the ones that were answered in time.
    pub in_time: u64,
    /// Half of these waited no longer than this, milliseconds; `None` when none was answered.
    pub median_ms: Option<i64>,
}

/// How enquiries of a span of time were answered here, by this node's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Those received in it.
    pub received: u64,
    /// Of these the ones that were answered, whenever.
    pub answered: u64,
    /// Of these the ones that were answered in time.
    pub in_time: u64,
    /// Half of those answered waited no longer than this, milliseconds; `None` when none was answered.
    pub median_ms: Option<i64>,
}

impl Answered {
    pub(super) fn of(held: &[Held], within: &std::ops::Range<i64>) -> Self {
        let received: Vec<&Held> = held.iter().filter(|held| within.contains(&held.since_ms)).collect();
        let answered = received.iter().filter(|held| held.answered_ms.is_some());
        let mut waits: Vec<i64> = answered.map(|held| held.waited_ms(held.since_ms)).collect();
        waits.sort_unstable();
        Self {
            received: received.len() as u64,
            answered: waits.len() as u64,
            in_time: waits.iter().filter(|waited| **waited <= ANSWER_WITHIN_MS).count() as u64,
            median_ms: waits.get(waits.len().saturating_sub(1) / 2).copied(),
        }
    }
}

/// What the clock says of those that wait and those that are done.
pub(crate) fn figures_of(open: &[Held], done: &[Held], now_ms: i64) -> EnquiryFigures {
    let count = |is: &dyn Fn(&Held) -> bool| open.iter().filter(|held| is(held)).count() as u64;
    let lately = |held: &&Held| held.since_ms >= now_ms.saturating_sub(FIGURES_OVER_MS);
    let answered = done.iter().filter(|held| held.answered_ms.is_some()).filter(lately);
    let mut waits: Vec<i64> = answered.map(|held| held.waited_ms(now_ms)).collect();
    waits.sort_unstable();
    EnquiryFigures {
        new: count(&|held| !held.read),
        open: open.len() as u64,
        overdue: count(&|held| held.is_late(now_ms)),
        answered: waits.len() as u64,
        in_time: waits.iter().filter(|waited| **waited <= ANSWER_WITHIN_MS).count() as u64,
        median_ms: waits.get(waits.len().saturating_sub(1) / 2).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for held in [
            Held::default(),
            Held {
                since_ms: 7,
                kind: 17,
                read: true,
                answered_ms: Some(9),
                by: "王芳".into(),
                ..Held::default()
            },
            Held { since_ms: -7, closed_ms: Some(i64::MAX), ..Held::default() },
        ] {
            assert_eq!(Held::from_bytes(&held.to_bytes()), Ok(held));
        }
    }

    #[test]
    fn a_span_counts_what_was_received_in_it() {
        let answered = |since_ms: i64, after_ms| Held {
            since_ms,
            answered_ms: Some(since_ms + after_ms),
            ..Held::default()
        };
        let open = Held { since_ms: 15, ..Held::default() };
        let held =
            [answered(10, 4), answered(19, ANSWER_WITHIN_MS + 1), answered(20, 1), answered(9, 1), open];
        let found = Answered::of(&held, &(10..20));
        let wanted = Answered { received: 3, answered: 2, in_time: 1, median_ms: Some(4) };
        assert_eq!((found, Answered::of(&held, &(30..40))), (wanted, Answered::default()));
    }

    #[test]
    fn the_clock_runs_from_the_receipt_to_the_first_answer() {
        let open = Held { since_ms: 1_000, ..Held::default() };
        let limit = 1_000 + ANSWER_WITHIN_MS;
        assert!(!open.is_late(limit) && open.is_late(limit + 1));
        assert_eq!(open.waited_ms(0), 0, "a clock that was set back makes no wait");
        let late = Held { answered_ms: Some(limit + 1), ..open.clone() };
        assert!(late.is_late(0) && late.waited_ms(i64::MAX) == ANSWER_WITHIN_MS + 1);
        let closed = Held { closed_ms: Some(limit + 1), ..open.clone() };
        assert!(!closed.is_late(i64::MAX), "what needs no answer is not late with one");
        let both = Held { answered_ms: Some(limit), closed_ms: Some(2_000), ..open };
        assert!(!both.is_late(i64::MAX) && both.state() == EnquiryState::Answered);
    }
}
