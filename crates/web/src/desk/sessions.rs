//! Who has signed in: tokens in memory, which a restart forgets.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{SESSION_IDLE, SESSION_LIFE, SESSIONS, SESSIONS_PER_ACCOUNT};
use crate::view::SourceError;

/// All sessions.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<String, Session>>);

/// One of them.
#[derive(Clone)]
pub(crate) struct Session {
    /// Name of the account.
    pub(crate) name: String,
    /// What its forms carry, so that another site's forms do not count.
    pub(crate) form_key: String,
    begun: Instant,
    seen: Instant,
}

impl Sessions {
    /// Begins one; its token.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn begin(&self, name: &str) -> Result<String, SourceError> {
        let (token, now) = (token()?, Instant::now());
        let session = Session { name: name.to_owned(), form_key: self::token()?, begun: now, seen: now };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| !session.is_over(now));
        let same = |other: &Session| other.name.to_lowercase() == name.to_lowercase();
        while open.values().filter(|other| same(other)).count() >= SESSIONS_PER_ACCOUNT {
            drop_oldest(&mut open, same);
        }
        while open.len() >= SESSIONS {
            drop_oldest(&mut open, |_| true);
        }
        open.insert(token.clone(), session);
        Ok(token)
    }

    /// The session of a token; it was used now.
    pub(crate) fn find(&self, token: &str) -> Option<Session> {
        let now = Instant::now();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get_mut(token)?;
        if session.is_over(now) {
            open.remove(token);
            return None;
        }
        session.seen = now;
        Some(session.clone())
    }

    /// Ends those of an account but the one whose forms carry this key.
    pub(crate) fn end_others(&self, name: &str, form_key: &str) {
        let name = name.trim().to_lowercase();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.name.to_lowercase() != name || session.form_key == form_key);
    }

    /// Ends one.
    pub(crate) fn end(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        let since = |then: Instant| now.checked_duration_since(then).unwrap_or(Duration::ZERO);
        since(self.seen) > SESSION_IDLE || since(self.begun) > SESSION_LIFE
    }
}

fn drop_oldest(open: &mut BTreeMap<String, Session>, of: impl Fn(&Session) -> bool) {
    let oldest = open.iter().filter(|(_, session)| of(session)).min_by_key(|(_, session)| session.seen);
    if let Some(token) = oldest.map(|(token, _)| token.clone()) {
        open.remove(&token);
    }
}

/// 256 random bits in hexadecimal digits.
fn token() -> Result<String, SourceError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| SourceError::Failed(format!("no random numbers: {error}")))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_session_until_it_ends_and_no_other() {
        let sessions = Sessions::default();
        let token = sessions.begin("王芳").unwrap();
        let found = sessions.find(&token).unwrap();
        assert_eq!((found.name.as_str(), found.form_key.len()), ("王芳", 64));
        assert_ne!(found.form_key, token);
        assert!(sessions.find(&token[1..]).is_none() && sessions.find("").is_none());
        sessions.end(&token);
        assert!(sessions.find(&token).is_none());
    }

    #[test]
    fn sessions_are_bounded_and_the_oldest_goes() {
        let sessions = Sessions::default();
        let tokens: Vec<String> = (0..=SESSIONS_PER_ACCOUNT).map(|_| sessions.begin("Li").unwrap()).collect();
        assert!(sessions.find(&tokens[0]).is_none(), "one more than an account may have");
        assert!(tokens[1..].iter().all(|token| sessions.find(token).is_some()));
        for n in 0..2 * SESSIONS {
            sessions.begin(&format!("u{n}")).unwrap();
        }
        assert_eq!(sessions.0.lock().unwrap().len(), SESSIONS);
    }

    #[test]
    fn what_is_not_used_ends() {
        let sessions = Sessions::default();
        let token = sessions.begin("Li").unwrap();
        let Some(past) = Instant::now().checked_sub(SESSION_IDLE + Duration::from_secs(1)) else { return };
        sessions.0.lock().unwrap().get_mut(&token).unwrap().seen = past;
        assert!(sessions.find(&token).is_none() && sessions.0.lock().unwrap().is_empty());
    }
}
