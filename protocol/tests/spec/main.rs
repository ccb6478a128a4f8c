//! `SPEC.md` put to the test: one module for each of its parts, and the golden bytes in `vectors/`.

#[cfg(test)]
mod attached;
mod book;
#[cfg(test)]
mod bundle;
#[cfg(test)]
mod codec;
#[cfg(test)]
mod costs;
#[cfg(test)]
mod cut;
#[cfg(test)]
mod extremes;
#[cfg(test)]
mod forks;
mod governance;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod patch;
mod peering;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod purge;
#[cfg(test)]
mod roster;
#[cfg(test)]
mod run;
mod sealed;
#[cfg(test)]
mod status;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unsigned;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod verbs;
#[cfg(test)]
mod view;
#[cfg(test)]
mod weigh;
