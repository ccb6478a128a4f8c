//! The line to the peers: open to entries at some hours, to announcements always.

use replica::Input;

use super::{Core, now_ms};
use crate::hours::Hours;

impl Core {
    /// Opens or closes the line when its hours begin or end.
    pub(super) fn watch_line(&mut self, now_ms: i64) {
        let open = self.hours.contain(now_ms);
        if std::mem::replace(&mut self.line_open, open) != open {
            self.drive(Input::Line { open });
            self.pump();
        }
    }

    /// Entries pass in these hours from now on.
    pub fn set_hours(&mut self, hours: Hours) {
        self.hours = hours;
        self.watch_line(now_ms());
    }

    /// Addresses that others are told in place of those listened on.
    pub fn announced(&self) -> &[String] {
        &self.announced
    }

    /// When entries pass, and whether they do now.
    pub fn line(&self) -> (&Hours, bool) {
        (&self.hours, self.line_open)
    }
}
