//! Who takes part: six nodes in the four roles, each with its share of the listings. Places are real divisions of
//! GB/T 2260; every institution is fictional, and its name says so (样例, Sample). None of them has a credit code.

use catalog::{Kind, Lang};
use protocol::Role;

use super::crew::Seat;
use crate::config::Config;

/// Cache of each node, MiB: many share one machine.
const CACHE_MIB: u64 = 32;
/// Free space below which a node of the demonstration writes nothing, MiB.
const FLOOR_MIB: u64 = 64;
/// Peers are met on this machine only, over either transport, on ports that the system chooses.
const LISTEN: [&str; 2] = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"];
/// Pages too.
const WEB: &str = "127.0.0.1:0";

/// One node of the demonstration.
#[derive(Debug)]
pub struct Part {
    /// Name of its folder.
    pub slug: &'static str,
    /// Its institution, Chinese and English.
    pub name: (&'static str, &'static str),
    /// What it is in the network.
    pub role: Role,
    /// Six digits of GB/T 2260.
    pub region: &'static str,
    /// How many generated listings it publishes of each kind.
    pub shares: &'static [(Kind, usize)],
    /// Where its listings come from.
    pub origin: Origin,
}

/// Where the listings of a node come from.
#[derive(Debug)]
pub enum Origin {
    /// From anyone in divisions with these prefixes.
    Around(&'static [&'static str]),
    /// From the institution itself, Chinese and English name.
    Own(&'static str, &'static str),
}

/// All parts. The hub is the first: it founds the network and invites the others.
pub const CAST: [Part; 6] = [
    Part {
        slug: "1-hubei-hub",
        name: ("湖北科技大市场（样例）", "Hubei Technology Market (Sample)"),
        role: Role::Hub,
        region: "420000",
        shares: &[(Kind::Service, 20), (Kind::Activity, 20), (Kind::Organization, 20)],
        origin: Origin::Around(&["42"]),
    },
    Part {
        slug: "2-wuhan-market",
        name: ("武汉分市场（样例）", "Wuhan Sub-market (Sample)"),
        role: Role::SubMarket,
        region: "420100",
        shares: &[(Kind::Demand, 90), (Kind::Service, 35), (Kind::Activity, 25), (Kind::Organization, 20)],
        origin: Origin::Around(&["4201", "4207", "4209"]),
    },
    Part {
        slug: "3-xiangyang-market",
        name: ("襄阳分市场（样例）", "Xiangyang Sub-market (Sample)"),
        role: Role::SubMarket,
        region: "420600",
        shares: &[(Kind::Demand, 80), (Kind::Service, 30), (Kind::Activity, 20), (Kind::Organization, 15)],
        origin: Origin::Around(&["4206", "4203", "4213"]),
    },
    Part {
        slug: "4-donghu-university",
        name: ("东湖样例大学技术转移中心", "Donghu Sample University"),
        role: Role::ResourceStation,
        region: "420111",
        shares: &[(Kind::Achievement, 170), (Kind::Expert, 60)],
        origin: Origin::Own("东湖样例大学", "Donghu Sample University"),
    },
    Part {
        slug: "5-xiajiang-university",
        name: ("峡江样例大学成果转化处", "Xiajiang Sample University"),
        role: Role::ResourceStation,
        region: "420502",
        shares: &[(Kind::Achievement, 130), (Kind::Expert, 40)],
        origin: Origin::Own("峡江样例大学", "Xiajiang Sample University"),
    },
    Part {
        slug: "6-zhijiang-park",
        name: ("枝江样例产业园站点", "Zhijiang Sample Park Site"),
        role: Role::GrassrootsSite,
        region: "420583",
        shares: &[(Kind::Demand, 50), (Kind::Service, 10), (Kind::Activity, 10)],
        origin: Origin::Around(&["4205", "4210", "4228"]),
    },
];

impl Part {
    /// The institution's name.
    pub fn name(&self, lang: Lang) -> &'static str {
        lang.pick(self.name.0, self.name.1)
    }

    /// What its node is made of.
    pub fn seat(&self) -> Seat {
        Seat { slug: self.slug, name: self.name, role: self.role, region: self.region }
    }
}

/// The sample configuration of a role, for many nodes on one machine.
///
/// Each takes every region, the grassroots site too: the demonstration compares whole views, and a site that takes
/// its own city rightly has another view.
///
/// # Errors
/// When the sample configuration is not one.
pub fn config(role: Role) -> anyhow::Result<Config> {
    let mut config: Config = toml::from_str(match role {
        Role::Hub => include_str!("../../../configs/hub.toml"),
        Role::SubMarket => include_str!("../../../configs/sub-market.toml"),
        Role::ResourceStation => include_str!("../../../configs/resource-station.toml"),
        Role::GrassrootsSite => include_str!("../../../configs/grassroots-site.toml"),
    })?;
    config.network.listen = LISTEN.map(str::to_owned).into();
    config.network.bootstrap.clear();
    config.web.listen = WEB.to_owned();
    config.storage.cache_mib = CACHE_MIB;
    config.storage.floor_mib = FLOOR_MIB;
    config.subscribe.regions = vec!["*".to_owned()];
    config.subscribe.kinds = vec!["*".to_owned()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_roles_take_part_and_every_name_says_sample() {
        let count = |role: Role| CAST.iter().filter(|p| p.role == role).count();
        assert_eq!(count(Role::Hub), 1);
        assert_eq!(count(Role::SubMarket), 2);
        assert_eq!(count(Role::ResourceStation), 2);
        assert_eq!(count(Role::GrassrootsSite), 1);
        for part in &CAST {
            assert!(part.name.0.contains("样例") && part.name.1.contains("Sample"), "{:?}", part.name);
            assert!(catalog::region::by_code(part.region).is_some(), "{}", part.region);
            let config = config(part.role).unwrap();
            assert_eq!(config.role(), Some(part.role), "{}: its file is of another role", part.slug);
            assert!(config.network.listen.iter().all(|address| address.starts_with("/ip4/127.0.0.1/")));
        }
    }
}
