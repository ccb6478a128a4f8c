//! What the desk's pages of peers are told and do.

use web::SourceError;
use web::desk::peers::{PeerAct, Peers, PeersView};
use web::desk::view::{Clerk, Said};

use super::{Bench, told};
use crate::commands::file_in;
use crate::office::{Failure, PeerAsk, Request, exit};

impl Bench {
    fn act_on_peer(&self, clerk: &Clerk, node: Option<&str>, act: &PeerAct) -> Result<(), Failure> {
        self.administrator(clerk)?;
        let named = || {
            let missing = || Failure::said(exit::FAILED, "peer.failure.missing", &[("node", "")]);
            node.map(str::to_owned).ok_or_else(missing)
        };
        let request = match act {
            PeerAct::Sync => Request::Peer { ask: PeerAsk::Sync { node: named()? } },
            PeerAct::Stop => Request::Peer { ask: PeerAsk::Stop { node: named()? } },
            PeerAct::Pause(length) => {
                let length = Some(length.clone()).filter(|length| !length.is_empty());
                Request::Peer { ask: PeerAsk::Pause { node: node.map(str::to_owned), length } }
            }
            PeerAct::Resume => Request::Peer { ask: PeerAsk::Resume { node: node.map(str::to_owned) } },
            PeerAct::Forgive => Request::Forgive { node: named()? },
        };
        self.office.answer(&self.actor(clerk), request).map(drop)
    }
}

impl Peers for Bench {
    fn peers(&self, clerk: &Clerk) -> Result<Result<PeersView, Said>, SourceError> {
        told(self.administrator(clerk).and_then(|_| self.office.peer_tasks()))
    }

    fn change_peer(
        &self,
        clerk: &Clerk,
        node: Option<&str>,
        act: &PeerAct,
    ) -> Result<Result<(), Said>, SourceError> {
        told(self.act_on_peer(clerk, node, act))
    }

    fn fork_proof(&self, clerk: &Clerk, log: &str) -> Result<Result<Vec<u8>, Said>, SourceError> {
        let log = log.to_owned();
        let proof = self
            .administrator(clerk)
            .and_then(|_| self.office.answer(&self.actor(clerk), Request::ForkFile { log }));
        told(proof.and_then(|reply| file_in(&reply)))
    }
}
