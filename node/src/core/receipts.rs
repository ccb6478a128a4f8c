//! Receipts for enquiries: signed by the core, since it knows what is durable here.

use market::Desk;

use super::{Core, now_ms};

impl Core {
    /// Receives one enquiry that waits for its receipt. False when none can be received now.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub fn acknowledge(&mut self) -> market::Result<bool> {
        if !self.may_write() {
            return Ok(false);
        }
        let (replica, now_ms) = (&self.replica, now_ms());
        let mut desk =
            Desk { ledger: &mut self.ledger, identity: &self.identity, library: &self.library, now_ms };
        let received = desk.acknowledge(|log, seq| replica.is_durable(log, seq))?;
        let any = received.is_some();
        self.announce(received.unwrap_or_default());
        Ok(any)
    }
}
