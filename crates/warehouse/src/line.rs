//! The line to a database: whether it is encrypted, and whom it believes.
//!
//! On this computer (a socket, a loopback address) it is plain unless `sslmode=require` asks for TLS; to any other computer it is
//! TLS unless `sslmode=disable` refuses it. Where there is TLS, the certificate and the name in it are checked: PostgreSQL's own
//! `require` believes anybody, and its `prefer` is talked out of TLS by whoever sits in between (its manual, section 32.19).

use std::error::Error as StdError;
use std::net::IpAddr;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::{ClientConfig, Error as TlsError};

use crate::{Error, Result};

/// Opens it. `trust` is asked for only where there is TLS.
pub(crate) fn open(config: &mut Config, trust: impl FnOnce() -> Result<ClientConfig>) -> Result<Client> {
    if !is_encrypted(config) {
        return config.ssl_mode(SslMode::Disable).connect(NoTls).map_err(failed);
    }
    let with = MakeRustlsConnect::new(trust()?);
    config.ssl_mode(SslMode::Require).connect(with).map_err(failed)
}

fn is_encrypted(config: &Config) -> bool {
    match config.get_ssl_mode() {
        SslMode::Disable => false,
        SslMode::Require => true,
        _ => !is_here(config),
    }
}

/// Whether every host is this computer.
fn is_here(config: &Config) -> bool {
    let name = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    };
    // Where an address is given, the name beside it is for the certificate alone.
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(name),
        addresses => addresses.iter().all(IpAddr::is_loopback),
    }
}

/// What a failed conversation is: what may pass, what is refused, and what is wrong with the certificate.
pub(crate) fn failed(error: postgres::Error) -> Error {
    // Class 08: connection; 57: stopped by an operator; 53: out of something; 40: to be tried again.
    let passing = |code: &str| ["08", "57", "53", "40"].iter().any(|class| code.starts_with(class));
    match error.code() {
        Some(code) if !passing(code.code()) => Error::Database(words(&error)),
        Some(_) => Error::Connection(words(&error)),
        None => match certificate_of(&error) {
            Some(why) => Error::Certificate(why),
            None if refuses_tls(&error) => Error::Plain,
            None => Error::Connection(words(&error)),
        },
    }
}

/// Why a certificate is not believed. Other errors of TLS (a line that ends, an alert) may pass.
fn certificate_of(error: &postgres::Error) -> Option<String> {
    causes(error).find_map(|cause| match cause.downcast_ref::<TlsError>() {
        Some(error @ TlsError::InvalidCertificate(_)) => Some(error.to_string()),
        Some(_) => None,
        // The library wraps TLS errors in those of input and output, which hide what they hold.
        None => match cause.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref::<TlsError>()? {
            error @ TlsError::InvalidCertificate(_) => Some(error.to_string()),
            _ => None,
        },
    })
}

/// Whether the server said that it has no TLS; the library tells so in words alone.
fn refuses_tls(error: &postgres::Error) -> bool {
    causes(error).any(|cause| cause.to_string() == "server does not support TLS")
}

fn causes<'a>(error: &'a postgres::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |error| (*error).source())
}

/// An error and what stands behind it, in a line.
pub(crate) fn words(error: &dyn StdError) -> String {
    let mut all = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !all.iter().any(|known| known.contains(&said)) {
            all.push(said);
        }
        cause = inner.source();
    }
    all.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_is_spoken_to_in_plain_unless_somebody_says_otherwise() {
        let plain = [
            "host=/run/postgresql",
            "host=127.0.0.1",
            "host=localhost",
            "host=::1",
            "hostaddr=127.0.0.1 host=db",
        ];
        let plain =
            plain.iter().chain(&["host=db.example.edu sslmode=disable", "postgresql://localhost/market"]);
        for text in plain {
            assert!(!is_encrypted(&text.parse().unwrap()), "{text}");
        }
        let encrypted = [
            "host=db.example.edu",
            "host=10.0.0.8",
            "hostaddr=10.0.0.8 host=localhost",
            "host=localhost,db.example.edu",
        ];
        let said = ["host=db.example.edu sslmode=prefer", "host=/run/postgresql sslmode=require"];
        for text in encrypted.iter().chain(&said).chain(&["postgresql://db.example.edu/market"]) {
            assert!(is_encrypted(&text.parse().unwrap()), "{text}");
        }
    }
}
