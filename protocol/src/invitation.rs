//! The invitation file: charter, one-time key and addresses, all that a newcomer needs (SPEC §14).

use crate::charter::{Role, SignedCharter};
use crate::codec::{Decoder, Encoder};
use crate::fault::Checked;
use crate::keys::{PublicKey, SecretKey};
use crate::limits::{MAX_ADDRESS, MAX_ADDRESSES};
use crate::proof::{FileKind, seal_file, unseal_file};
use crate::steps::Invitation;

/// What an invitation file holds. Whoever has it can join: it is handed over like a key.
#[derive(Clone)]
pub struct InvitationFile {
    /// The network's charter.
    pub charter: SignedCharter,
    /// The invitation as the roster step grants it.
    pub invitation: Invitation,
    /// The one-time key's secret half.
    pub secret: [u8; 32],
    /// Where the issuer can be reached.
    pub addresses: Vec<String>,
}

impl InvitationFile {
    /// The file's bytes.
    pub fn to_file(&self) -> Vec<u8> {
        let mut to = Encoder::new();
        self.charter.encode(&mut to);
        self.invitation.issuer.encode(&mut to);
        to.u8(self.invitation.role as u8).uint(self.invitation.region.into());
        to.int(self.invitation.not_after_ms).raw(&self.secret);
        to.list(&self.addresses, |to, a| {
            to.text(a);
        });
        seal_file(FileKind::Invitation, &to.finish())
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// Damage, another kind of file, a charter whose signatures do not hold.
    pub fn from_file(bytes: &[u8]) -> Checked<Self> {
        let body = unseal_file(FileKind::Invitation, bytes)?;
        Decoder::whole(body, "invitation", |from| {
            let charter = SignedCharter::decode(from)?;
            let issuer = PublicKey::decode(from)?;
            let role = Role::decode(from)?;
            let region = from.uint_max(999_999, "region code")? as u32;
            let not_after_ms = from.int("expiry")?;
            let secret: [u8; 32] = from.array("one-time key")?;
            let key = SecretKey::from_seed(&secret).public();
            let addresses = from
                .list(MAX_ADDRESSES, "addresses", |from| Ok(from.text(MAX_ADDRESS, "address")?.to_owned()))?;
            let invitation = Invitation { key, issuer, role, region, not_after_ms };
            Ok(Self { charter, invitation, secret, addresses })
        })
    }
}
