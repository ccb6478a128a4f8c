//! Messages that a program at an address of somebody's choice is told of, signed as Standard Webhooks has it
//! (<https://www.standardwebhooks.com>, version 1): `webhook-id`, `webhook-timestamp`, and `webhook-signature` over
//! `id.timestamp.body` by HMAC-SHA256. Pure.
//!
//! Whoever receives one takes the secret, without `whsec_` and out of base64, signs what came in the same way, compares in equal
//! time, refuses a timestamp that is minutes off, and leaves out an id that it has seen.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What secrets of this scheme begin with.
const PREFIX: &str = "whsec_";

/// The secret as the receiving program is given it.
pub fn secret_text(secret: &[u8]) -> String {
    format!("{PREFIX}{}", BASE64.encode(secret))
}

/// The headers of a message: its id, when this try begins (seconds since 1970), and the signature.
pub fn signed(secret: &[u8], id: &str, at_s: u64, body: &[u8]) -> [(&'static str, String); 3] {
    let mut mac = begun(secret);
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(at_s.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at_s.to_string()),
        ("webhook-signature", format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))),
    ]
}

/// HMAC takes a key of any length; the empty one stands where that could ever fail.
fn begun(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the scheme's own text.
    #[test]
    fn a_message_is_signed_as_the_scheme_has_it() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let [_, (_, at), (_, signature)] =
            signed(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(at, "1614265330");
        assert_eq!(secret_text(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let other = signed(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_331, body);
        assert_ne!(other[2].1, signature);
    }
}
