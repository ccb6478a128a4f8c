//! What was answered before is answered again at once, as long as nothing has changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::Roster;

/// Answers kept at once. A list with its facets takes some tens of kilobytes: some megabytes in all.
const MOST: usize = 128;

/// What all answers were made from: how far the index had come, and the roster.
pub(super) struct Revision<R = Roster> {
    pub(super) cursor: u64,
    pub(super) roster: Arc<R>,
}

impl<R> Revision<R> {
    fn is(&self, other: &Self) -> bool {
        // Both are held, so that a new roster cannot lie where the old one lay.
        self.cursor == other.cursor && Arc::ptr_eq(&self.roster, &other.roster)
    }
}

/// Answers of one kind by what was asked.
pub(super) struct Kept<T, R = Roster> {
    held: Mutex<Option<Held<T, R>>>,
}

/// The revision that the answers are of, and the answers.
type Held<T, R> = (Revision<R>, BTreeMap<String, Arc<T>>);

impl<T, R> Default for Kept<T, R> {
    fn default() -> Self {
        Self { held: Mutex::new(None) }
    }
}

impl<T, R> Kept<T, R> {
    /// The answer to `asked` as of `now`, which the caller has looked up before anything else: made by `make` unless it is
    /// kept. Two who ask at once may both make it.
    ///
    /// # Errors
    /// What `make` fails with, which is not kept.
    pub(super) fn get<E>(
        &self,
        now: &Revision<R>,
        asked: &str,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let lock = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, answers)) = lock().as_ref()
            && revision.is(now)
            && let Some(answer) = answers.get(asked)
        {
            return Ok(Arc::clone(answer));
        }
        let answer = Arc::new(make()?);
        let mut held = lock();
        match held.as_mut() {
            Some((revision, answers)) if revision.is(now) => {
                // What is asked for again comes back soon.
                if answers.len() >= MOST {
                    answers.clear();
                }
                answers.insert(asked.to_owned(), Arc::clone(&answer));
            }
            _ => {
                let now = Revision { cursor: now.cursor, roster: Arc::clone(&now.roster) };
                *held = Some((now, BTreeMap::from([(asked.to_owned(), Arc::clone(&answer))])));
            }
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_made_once_for_each_revision() {
        let of = |cursor, roster: &Arc<u8>| Revision { cursor, roster: Arc::clone(roster) };
        let (roster, folded_anew) = (Arc::new(1), Arc::new(1));
        let kept = Kept::default();
        let mut made = 0;
        let mut ask = |revision: Revision<u8>, asked: &str| {
            let answer = kept.get(&revision, asked, || {
                made += 1;
                Ok::<usize, ()>(made)
            });
            *answer.unwrap()
        };
        assert_eq!([ask(of(7, &roster), "a"), ask(of(7, &roster), "a"), ask(of(7, &roster), "b")], [1, 1, 2]);
        assert_eq!(ask(of(8, &roster), "a"), 3);
        assert_eq!(ask(of(8, &folded_anew), "a"), 4);
        for n in 0..MOST * 2 {
            ask(of(8, &folded_anew), &n.to_string());
        }
        let held = kept.held.lock().unwrap();
        assert!(held.as_ref().unwrap().1.len() <= MOST);
    }
}
