//! Words of the command line.

use super::Row;

/// Key, Chinese, English; sorted by key.
pub const TABLE: &[Row] = &[];
