//! Frame by frame: no time, every order.

use replica::{Input, SessionId, open_ahead};

use super::World;

/// Frames after which a world that should have come to rest has not.
const ENDLESS: usize = 200_000;

impl World {
    /// Delivers one frame of a session picked at random. False when none is on its way.
    pub fn step(&mut self) -> bool {
        let busy: Vec<(SessionId, usize)> = self
            .links
            .iter()
            .flat_map(|(id, link)| (0..2).map(move |end| (*id, end, link)))
            .filter(|(_, end, link)| !link.queues[*end].is_empty())
            .map(|(id, end, _)| (id, end))
            .collect();
        if busy.is_empty() {
            return self.close_emptied();
        }
        let (session, end) = busy[self.rng.below(busy.len())];
        self.now_ms += 1;
        let Some(link) = self.links.get_mut(&session) else { return true };
        let (node, bytes) = (link.ends[end], link.queues[end].pop_front());
        if let Some(bytes) = bytes {
            self.arrive(node, session, bytes);
        }
        true
    }

    /// A frame is there. Every other run has been opened ahead, as a node's opener does; nothing may depend on that.
    pub(super) fn arrive(&mut self, node: usize, session: SessionId, bytes: Vec<u8>) {
        let ahead =
            self.frames.is_multiple_of(2).then(|| open_ahead(&bytes, &self.nodes[node].replica.network()));
        let input = match ahead.flatten() {
            Some(run) => Input::Opened { session, bytes, run: Box::new(run) },
            None => Input::Frame { session, bytes },
        };
        self.give(node, input);
    }

    fn close_emptied(&mut self) -> bool {
        let closing: Vec<SessionId> =
            self.links.iter().filter(|(_, link)| link.closing).map(|(id, _)| *id).collect();
        closing.iter().for_each(|session| self.cut(*session));
        !closing.is_empty()
    }

    /// Delivers frames until none is left, fsyncs everywhere, and so on until the world is at rest.
    pub fn settle(&mut self) {
        let begin = self.frames;
        loop {
            while self.step() {
                assert!(self.frames - begin < ENDLESS, "the world does not come to rest");
            }
            let before = self.frames;
            for node in 0..self.nodes.len() {
                let durable = self.nodes[node].fsync();
                self.give(node, durable);
            }
            if self.frames == before && !self.links.values().any(|link| link.closing) {
                return;
            }
        }
    }

    /// Delivers the hellos of a session, and nothing after them.
    pub fn settle_hello(&mut self, session: SessionId) {
        // Greeting by a check, then being asked, then in full.
        for _ in 0..3 {
            for end in 0..2 {
                let Some(link) = self.links.get_mut(&session) else { return };
                let (node, bytes) = (link.ends[end], link.queues[end].pop_front());
                if let Some(bytes) = bytes {
                    self.arrive(node, session, bytes);
                }
            }
            let Some(link) = self.links.get(&session) else { return };
            if link.ends.iter().all(|node| self.nodes[*node].replica.has_greeted(session)) {
                return;
            }
        }
    }

    /// Lets time pass, a tick a second, settling in between.
    pub fn pass(&mut self, seconds: usize) {
        for _ in 0..seconds {
            self.settle();
            self.now_ms += 1_000;
            for node in 0..self.nodes.len() {
                self.give(node, Input::Tick);
            }
        }
        self.settle();
    }
}
