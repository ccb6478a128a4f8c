//! Bundles: what nodes give one another in files.

use std::collections::VecDeque;

use protocol::{
    CHUNK_LENGTH, Credential, Fault, Frame, Hash, Manifest, NodeCertificate, ShortHead, SignedManifest, Slip,
    VolumeReader, VolumeWriter, bundle_line,
};
use replica::{Carried, Effect, Input, NotServed, Piece};

use super::{World, runs};
use crate::founding::sealing_key;

/// What became of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Entries new here.
    pub taken: u64,
    /// Runs that lack what comes before them, or whose institution is not known.
    pub early: u64,
    /// Runs that this node does not want, or may not read.
    pub unwanted: u64,
    /// Frames that do not read or are not authentic.
    pub refused: u64,
    /// Why nothing was taken, or not all of it.
    pub fault: Option<String>,
}

impl World {
    /// A node's slip.
    pub fn slip(&self, node: usize) -> Slip {
        let node = &self.nodes[node];
        let heads = node.replica.logs().iter().map(|(log, state)| (log, &state.head));
        Slip::new(self.charter.id(), node.certificate.clone(), node.subscription.clone(), heads)
    }

    /// The volumes of a bundle that one node makes, for another one or for anyone, of at most so many bytes each.
    ///
    /// # Errors
    /// Why that node gets nothing.
    pub fn pack(
        &mut self,
        from: usize,
        to: Option<&NodeCertificate>,
        slip: Option<&Slip>,
        most: u64,
    ) -> Result<Vec<Vec<u8>>, NotServed> {
        let (pieces, until) = self.nodes[from].replica.pack(to, slip, self.now_ms)?;
        let frames = pieces.into_iter().flat_map(|piece| self.frames_of(from, piece));
        let mut frames: VecDeque<(Vec<u8>, u64)> = frames.collect::<Vec<_>>().into();
        let on = self.manifest(from, until);
        let mut done = Vec::new();
        while !frames.is_empty() || done.is_empty() {
            let mut on = Manifest { volume: done.len() as u32 + 1, volumes: 9_999, ..on.clone() };
            let key = to.map(|to| on.lock_for(to.body.node, &to.body.sealing, &self.rng.bytes()).unwrap());
            let (mut writer, mut body) = (VolumeWriter::new(on, key), Vec::new());
            let mut first = true;
            while frames.front().is_some_and(|(frame, _)| first || writer.has_room(frame, most)) {
                let (frame, entries) = frames.pop_front().unwrap();
                body.extend(writer.push(frame, entries).unwrap());
                first = false;
            }
            let (rest, on) = writer.finish().unwrap();
            body.extend(rest);
            done.push((on, body));
        }
        let (volumes, key) = (done.len() as u32, &self.nodes[from].key);
        let sealed = done.into_iter().map(|(on, body)| {
            let front = Manifest { volumes, ..on }.sign(key).to_front();
            [front, body].concat()
        });
        Ok(sealed.collect())
    }

    fn manifest(&mut self, from: usize, until: Hash) -> Manifest {
        let node = &self.nodes[from];
        let admitted = node.replica.roster().members.contains_key(&node.institution.id());
        let invited = node.invited().filter(|_| !admitted).cloned();
        let credential = invited.map_or_else(
            || Credential::Certificate(Box::new(node.certificate.clone())),
            |redemption| Credential::Redemption(Box::new(redemption)),
        );
        let between = (Hash::default(), until);
        Manifest::new(self.charter.id(), credential, self.rng.bytes(), self.now_ms, between)
    }

    fn frames_of(&self, from: usize, piece: Piece) -> Vec<(Vec<u8>, u64)> {
        let (log, held, to) = match piece {
            Piece::Frame(frame) => return vec![(frame.to_bytes(), 0)],
            Piece::Range { log, held, to } => (log, held, to),
        };
        let node = &self.nodes[from];
        let head = |seq: u64| node.store[&log].get(seq as usize - 1).map(protocol::Entry::head);
        let have = held.filter(|held| head(held.seq).is_some_and(|own| ShortHead::of(&own) == *held));
        let runs = runs(node, &log, have.map_or(0, |held| held.seq), to, self.run_entries);
        runs.into_iter().map(|(bytes, _, entries)| (Frame::Run(bytes).to_bytes(), entries)).collect()
    }

    /// Gives a node a volume.
    pub fn unpack(&mut self, node: usize, file: &[u8]) -> Unpacked {
        let mut done = Unpacked::default();
        if let Err(fault) = self.try_unpack(node, file, &mut done) {
            done.fault = Some(fault.to_string());
        }
        self.give(node, Input::Tick);
        let durable = self.nodes[node].fsync();
        self.give(node, durable);
        done
    }

    fn try_unpack(&mut self, node: usize, file: &[u8], done: &mut Unpacked) -> Result<(), Fault> {
        let cut = || Fault::Truncated { what: "the bundle" };
        let other = Fault::Forbidden { what: "file", why: "it is no bundle" };
        let rest = file.strip_prefix(bundle_line().as_slice()).ok_or(other)?;
        let (length, rest) = rest.split_first_chunk::<CHUNK_LENGTH>().ok_or_else(cut)?;
        let (head, mut rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(cut)?;
        let signed = SignedManifest::from_bytes(head)?;
        signed.verify(&self.charter.id())?;
        let on = signed.manifest;
        let key = on.unlock(&sealing_key(&self.nodes[node].key.public()));
        if on.lock.is_some() && key.is_none() {
            return Err(Fault::Forbidden { what: "bundle", why: "it is for another node" });
        }
        let now_ms = self.now_ms + self.nodes[node].clock_off_ms;
        if let Ok(effects) = self.nodes[node].replica.introduce(&on.credential, now_ms) {
            self.follow(node, effects);
        }
        let maker = on.credential.certificate().clone();
        let mut reader = VolumeReader::new(on, key);
        while !reader.is_done() {
            let (length, body) = rest.split_first_chunk().ok_or_else(cut)?;
            let (chunk, body) = body.split_at_checked(reader.length(*length)?).ok_or_else(cut)?;
            rest = body;
            match reader.take(chunk.to_vec()) {
                Some(frame) => self.carry(node, &maker, &frame, done),
                None => done.refused += 1,
            }
        }
        reader.finish()
    }

    fn carry(&mut self, node: usize, maker: &NodeCertificate, frame: &[u8], done: &mut Unpacked) {
        let now_ms = self.now_ms + self.nodes[node].clock_off_ms;
        let (carried, effects) = self.nodes[node].replica.carry(maker, frame, now_ms);
        self.follow(node, effects);
        match carried {
            Carried::Taken(entries) => done.taken += entries,
            Carried::Held => {}
            Carried::Early | Carried::Unknown | Carried::Bare => done.early += 1,
            Carried::Unwanted | Carried::Over => done.unwanted += 1,
            Carried::Parts(run) => {
                let own = &self.nodes[node].store[&run.log];
                let differs = |e: &&protocol::CheckedEntry| {
                    own.get(e.entry.header.seq as usize - 1).is_some_and(|own| own.hash() != e.hash)
                };
                let Some(theirs) = run.entries.iter().find(differs) else { return };
                let own = own[theirs.entry.header.seq as usize - 1].clone();
                let effects = self.nodes[node].replica.part(&own, &theirs.entry, now_ms);
                self.follow(node, effects);
                done.early += 1;
            }
            Carried::Refused(_) => done.refused += 1,
        }
    }

    /// Performs effects, and what follows from them.
    fn follow(&mut self, node: usize, effects: Vec<Effect>) {
        let mut inputs = VecDeque::new();
        effects.into_iter().for_each(|effect| self.perform(node, effect, &mut inputs));
        inputs.into_iter().for_each(|input| self.give(node, input));
    }
}
