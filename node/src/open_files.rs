//! How many files the process may have open: each connection takes one.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Files that the node opens besides its peers' connections: store, index, pages and control socket take some hundreds at once.
const OTHERS: u64 = 512;

/// Raises the number of files that the process may open to what the system grants it, and gives how many connections others may
/// then open, `most` at the most. A shell grants 1,024 by default and lets a process have many times as many; without them the
/// store would be the next that cannot open a file.
pub fn connections(most: u32) -> u32 {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current < limit.maximum || limit.maximum.is_none() {
        let granted = limit.current;
        limit.current = limit.maximum.or(Some(u64::from(most) + OTHERS));
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!("the number of open files stays {granted:?}: {error}");
            limit.current = granted;
        }
    }
    let connections = within(limit.current, most);
    if connections < most {
        tracing::warn!(
            "this process may open {} files, so no more than {connections} others may be connected; a hub with more needs `ulimit -Hn` (systemd: LimitNOFILE) above {}",
            limit.current.unwrap_or_default(),
            u64::from(most) + OTHERS
        );
    }
    connections
}

/// Connections that fit beside the other files; of few files half.
fn within(files: Option<u64>, most: u32) -> u32 {
    let room = files.map_or(u64::from(most), |files| files.saturating_sub(OTHERS).max(files / 2));
    u32::try_from(room).unwrap_or(u32::MAX).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_store() {
        assert_eq!(within(None, 4_096), 4_096);
        assert_eq!(within(Some(65_536), 4_096), 4_096);
        assert_eq!(within(Some(4_096), 4_096), 3_584);
        assert_eq!(within(Some(1_024), 4_096), 512);
        assert_eq!(within(Some(256), 4_096), 128);
    }

    #[test]
    fn the_process_is_given_what_the_system_grants() {
        let connections = connections(4_096);
        let limit = getrlimit(Resource::Nofile);
        assert!(limit.current == limit.maximum || limit.maximum.is_none(), "{limit:?}");
        assert_eq!(connections, within(limit.current, 4_096));
    }
}
