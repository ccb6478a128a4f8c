//! Bundles: what goes into one, and what comes out of one, frame by frame like the frames of a session.

use market::MarketError;
use protocol::{CheckedRun, Credential, Entry, Hash, LogId, NodeCertificate, ShortHead, Slip};
use replica::{Carried, Input, NotServed, Piece};

use super::{Core, now_ms};

/// What became of a frame of a bundle.
#[derive(Debug)]
pub enum Brought {
    /// See [`Carried`]; never that branches part, which has been looked into.
    Frame(Carried),
    /// It is of another branch than what is held. True when the place was found and the fork is proven.
    Branch(bool),
}

impl Core {
    /// This node's slip: what it holds, for whoever makes it a bundle.
    pub fn slip(&self) -> Slip {
        let heads = self.replica.logs().iter().map(|(log, state)| (log, &state.head));
        let certificate = self.identity.certificate.clone();
        Slip::new(self.replica.network(), certificate, self.replica.subscription().clone(), heads)
    }

    /// The pieces of a bundle, and the digest of the heads up to which it leads. A range begins behind what the reader says
    /// that it holds, where that is what is held here.
    ///
    /// # Errors
    /// When the store fails; inside, why the reader gets nothing.
    pub fn pack(
        &self,
        to: Option<&NodeCertificate>,
        slip: Option<&Slip>,
    ) -> market::Result<Result<(Vec<Piece>, Hash), NotServed>> {
        let (mut pieces, until) = match self.replica.pack(to, slip, now_ms()) {
            Ok(packed) => packed,
            Err(refused) => return Ok(Err(refused)),
        };
        for piece in &mut pieces {
            if let Piece::Range { log, held, .. } = piece {
                *held = self.confirmed(log, *held)?;
            }
        }
        Ok(Ok((pieces, until)))
    }

    fn confirmed(&self, log: &LogId, told: Option<ShortHead>) -> market::Result<Option<ShortHead>> {
        let Some(told) = told else { return Ok(None) };
        let own = self.ledger.entry(log, told.seq)?;
        Ok(own.map(|own| ShortHead::of(&own.head())).filter(|own| *own == told))
    }

    /// Takes what the maker of a bundle shows of itself: one that uses an invitation of this node is let in.
    ///
    /// # Errors
    /// Why not.
    pub fn introduce(&mut self, credential: &Credential) -> Result<(), String> {
        let effects = self.replica.introduce(credential, now_ms())?;
        self.follow(effects);
        Ok(())
    }

    /// Takes a frame of a bundle. What it brings is durable after [`Core::keep_brought`].
    ///
    /// # Errors
    /// When the disk is full or the store fails.
    pub fn bring(&mut self, maker: &NodeCertificate, frame: &[u8]) -> market::Result<Brought> {
        self.ledger.room()?;
        self.unstored = false;
        let (carried, effects) = self.replica.carry(maker, frame, now_ms());
        self.follow(effects);
        self.pump();
        if self.unstored {
            return Err(MarketError::Damaged { what: "what the bundle brought could not be stored" });
        }
        match carried {
            Carried::Parts(run) => self.look_where_they_part(&run),
            carried => Ok(Brought::Frame(carried)),
        }
    }

    fn look_where_they_part(&mut self, run: &CheckedRun) -> market::Result<Brought> {
        let mut held: Vec<Entry> = Vec::with_capacity(run.entries.len());
        let (after, last) = (run.after.seq, run.head().seq.min(self.ledger.head(&run.log).seq));
        self.ledger.read_log(&run.log, after, last, |entry| {
            held.push(entry);
            true
        })?;
        let mut pairs = held.iter().zip(&run.entries);
        let Some((own, theirs)) = pairs.find(|(own, theirs)| own.hash() != theirs.hash) else {
            let same =
                after == 0 || self.ledger.entry(&run.log, after)?.is_some_and(|e| e.head() == run.after);
            return Ok(if same { Brought::Frame(Carried::Held) } else { Brought::Branch(false) });
        };
        let effects = self.replica.part(own, &theirs.entry, now_ms());
        let found = !effects.is_empty();
        self.follow(effects);
        Ok(Brought::Branch(found))
    }

    /// Fsyncs what bundles brought, and tells the peers.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_brought(&mut self) -> market::Result<()> {
        // The roster may have been read on since it was last folded.
        self.drive(Input::Tick);
        if self.ledger.checkpoint()? {
            self.drive(Input::Durable);
        }
        self.pump();
        Ok(())
    }
}
