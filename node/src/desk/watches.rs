//! What the desk's pages of saved searches are told and do.

use market::{Account, Actor, AuditOutcome, Door};
use web::SourceError;
use web::desk::view::{Clerk, Said};
use web::desk::watches::{NewWatch, Tried, WatchAct, WatchLine, WatchView, Watches};

use super::{Bench, failed, told};
use crate::office::act;
use crate::watching;

impl Watches for Bench {
    fn watches(&self, clerk: &Clerk) -> Result<(Vec<WatchLine>, bool), SourceError> {
        let account = self.account(clerk).map_err(failed)?;
        let lines = self.office.watch_lines(&account).map_err(failed)?;
        Ok((lines, self.office.outgoing().mails()))
    }

    fn watch(&self, clerk: &Clerk, id: &str) -> Result<Option<WatchView>, SourceError> {
        let account = self.account(clerk).map_err(failed)?;
        let watch = self.office.watch_for(&account, id).map_err(failed)?;
        watch.map(|watch| self.office.watch_page(&watch)).transpose().map_err(failed)
    }

    fn add_watch(&self, clerk: &Clerk, new: &NewWatch) -> Result<Result<String, Said>, SourceError> {
        let new = watching::NewWatch {
            owner: clerk.name.clone(),
            name: new.name.clone(),
            asks: new.asks.parameters(),
            every: new.every.clone(),
            zh: new.zh,
            tells: new.tells,
            at_home: new.at_home,
            feed: new.feed,
            hook: new.hook.clone(),
            mail: new.mail.clone(),
        };
        told(self.made(clerk, act("watches.add", ""), |_| self.office.add_watch(&new), String::clone))
    }

    fn change_watch(
        &self,
        clerk: &Clerk,
        id: &str,
        what: &WatchAct,
    ) -> Result<Result<Vec<Tried>, Said>, SourceError> {
        let change = |account: Account| {
            let missing = || market::MarketError::NoSuchWatch { id: id.to_owned() };
            let watch = self.office.watch_for(&account, id)?.ok_or_else(missing)?;
            self.office.change_watch(&watch, what)
        };
        told(match called(what) {
            Some(called) => self.done(clerk, act(called, id), change),
            None => self.account(clerk).and_then(change),
        })
    }

    fn may_stop(&self, token: &str) -> Result<bool, SourceError> {
        self.office.stop_mails(token, false).map_err(failed)
    }

    fn stop_mails(&self, token: &str) -> Result<bool, SourceError> {
        let stopped = self.office.stop_mails(token, true).map_err(failed)?;
        if stopped {
            let actor = Actor::nobody(Door::Page);
            self.office.note(&actor, &act("watches.no-mail", ""), AuditOutcome::Done);
        }
        Ok(stopped)
    }
}

/// What something that is done with a saved search is called in the audit log; nothing for having read it.
fn called(act: &WatchAct) -> Option<&'static str> {
    Some(match act {
        WatchAct::Read(_) => return None,
        WatchAct::Pause => "watches.pause",
        WatchAct::Resume => "watches.resume",
        WatchAct::Remove => "watches.remove",
        WatchAct::Feed => "watches.feed",
        WatchAct::NoFeed => "watches.no-feed",
        WatchAct::Test => "watches.test",
        WatchAct::Start => "watches.start",
    })
}
