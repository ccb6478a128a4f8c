//! Space that is held so that a node can start on a full disk: sled, its lock and the index write a little when they open.
//!
//! `home/reserve` is a file without a meaning. It is given up at a start that finds less than it free, and made again
//! once there is room above the floor. Nothing depends on it being there.

use std::fs;
use std::path::Path;

use crate::Floor;
use crate::error::IoContext;
use crate::limits::RESERVE;
use crate::platform::allocate;

use crate::Result;

const NAME: &str = "reserve";

/// Gives the space up when a start might need it.
pub(super) fn release_when_full(home: &Path, floor: &Floor) -> Result<()> {
    let path = home.join(NAME);
    if floor.free()? < RESERVE && path.exists() {
        fs::remove_file(&path).doing("remove", &path)?;
        tracing::warn!(bytes = RESERVE, "the disk is full: space held for a start is given up");
    }
    Ok(())
}

/// Holds the space, if it is not held and there is enough. Where that fails the node goes on without.
pub(super) fn hold(home: &Path, floor: &Floor) {
    let path = home.join(NAME);
    if path.exists() || !floor.leaves(RESERVE) {
        return;
    }
    if let Err(error) = allocate(&path, RESERVE) {
        tracing::debug!("no space is held for a start on a full disk: {error}");
        let _ = fs::remove_file(&path);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn space_is_held_where_there_is_a_floor_and_room_above_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        for floor in [0, u64::MAX - RESERVE, u64::MAX] {
            hold(dir.path(), &Floor::new(dir.path(), floor));
            assert!(!path.exists(), "a floor of {floor}");
        }
        let floor = Floor::new(dir.path(), 1);
        hold(dir.path(), &floor);
        assert_eq!(path.metadata().unwrap().len(), RESERVE);
        release_when_full(dir.path(), &floor).unwrap();
        assert!(path.exists(), "this disk is not full");
    }
}
