//! Which of two connections to one peer is kept. Pure.
//!
//! Both ends must come to one answer without asking each other, whatever the order in which they see things. So one
//! of them has the say: of two connections dialed from opposite ends, the node with the **lower key** decides, and the
//! other follows what it sees that node do. Whoever dials opens the stream, so a stream from the lower key is its
//! decision. For connections dialed by one and the same node, that node decides: it opens a second stream only when it
//! holds the first for lost.

use crate::key::NodeKey;

/// What to do with a connection that could become the session to its peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is no other: it becomes the session.
    Take,
    /// It becomes the session, and the one there is ends.
    Replace,
    /// The one there is stays; this one is closed.
    Refuse,
}

/// `holder`: whether the connection that is, or is about to be, the session was dialed by this node; `None` without one.
/// `outbound`: whether the newcomer was dialed by this node (then its stream is not yet opened).
pub(crate) fn judge(local: &NodeKey, peer: &NodeKey, holder: Option<bool>, outbound: bool) -> Verdict {
    match (holder, outbound) {
        (None, _) => Verdict::Take,
        (Some(_), true) => Verdict::Refuse,
        (Some(false), false) => Verdict::Replace,
        (Some(true), false) if local < peer => Verdict::Refuse,
        (Some(true), false) => Verdict::Replace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fixed for ever: nodes of different versions meet.
    #[test]
    fn the_lower_key_decides() {
        let (low, high) = ([1; 32], [2; 32]);
        assert_eq!(judge(&low, &high, Some(true), false), Verdict::Refuse);
        assert_eq!(judge(&high, &low, Some(true), false), Verdict::Replace);
    }

    /// What one end of two connections holds: connection 0 was dialed by the lower key, 1 by the higher.
    #[derive(Default, Clone)]
    struct End {
        holder: Option<usize>,
        closed: [bool; 2],
    }

    impl End {
        fn meet(&mut self, me: u8, connection: usize, outbound: bool) -> bool {
            let holder = self.holder.map(|held| held == usize::from(me));
            match judge(&[me; 32], &[1 - me; 32], holder, outbound) {
                Verdict::Refuse => self.closed[connection] = true,
                Verdict::Take => self.holder = Some(connection),
                Verdict::Replace => {
                    let old = self.holder.replace(connection);
                    if let Some(old) = old {
                        self.closed[old] = true;
                    }
                }
            }
            self.holder == Some(connection)
        }
    }

    /// Two nodes dial each other. Steps: each established dial, then each opened stream arriving at the far end. All
    /// orders must leave both ends with the same one connection.
    #[test]
    fn every_order_of_a_double_dial_keeps_one_and_the_same() {
        let mut orders = 0;
        for order in permutations(vec![0, 1, 2, 3]) {
            let at = |step: usize| order.iter().position(|s| *s == step);
            if at(0) > at(2) || at(1) > at(3) {
                continue; // a stream cannot arrive before its connection stands
            }
            orders += 1;
            let mut ends = [End::default(), End::default()];
            let mut opened = [false; 2];
            for step in order {
                let connection = step % 2;
                if step < 2 {
                    opened[connection] = ends[connection].meet(connection as u8, connection, true);
                } else if opened[connection] && !ends[1 - connection].closed[connection] {
                    ends[1 - connection].meet((1 - connection) as u8, connection, false);
                }
            }
            // What one end closes, the other loses.
            for connection in 0..2 {
                if ends[0].closed[connection] || ends[1].closed[connection] {
                    for end in &mut ends {
                        if end.holder == Some(connection) {
                            end.holder = None;
                        }
                    }
                }
            }
            assert!(ends[0].holder.is_some(), "no connection left");
            assert_eq!(ends[0].holder, ends[1].holder);
        }
        assert_eq!(orders, 6);
    }

    fn permutations(items: Vec<usize>) -> Vec<Vec<usize>> {
        if items.len() <= 1 {
            return vec![items];
        }
        let mut all = Vec::new();
        for (i, first) in items.iter().enumerate() {
            let mut rest = items.clone();
            rest.remove(i);
            for mut tail in permutations(rest) {
                tail.insert(0, *first);
                all.push(tail);
            }
        }
        all
    }
}
