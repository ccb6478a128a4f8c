//! A fixed source with listings of every kind and standing, for tests and for looking at the pages.

#[path = "fake/numbers.rs"]
mod numbers;
#[path = "fake/rows.rs"]
mod rows;
#[path = "fake/steps.rs"]
mod steps;

use protocol::Media;
use rows::{CARDS, CardRow, FIELDS, HALLS, KINDS, STATEMENTS, StatementRow};
use web::view::*;
use web::{SearchRequest, Source, SourceError};

/// 2026-03-04 14:05 in China.
pub const NOW: i64 = 1_772_604_300_000;
const DAY: i64 = 86_400_000;

pub const SOLID: &str = "3f9a02c411be77d09c4e5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809";
pub const NEED: &str = "b07d51c2a3948e6f70819a2b3c4d5e6f708192a3b4c5d6e7f8090a1b2c3d4e5f";
pub const GONE: &str = "0011223344556677889900112233445566778899001122334455667788990011";
pub const FORGED: &str = "ffee0011223344556677889900aabbccddeeff00112233445566778899aabbcc";

pub const EXPERT: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";
/// An institution that is suspended.
pub const SUSPENDED: &str = "aa00112233445566778899001122334455667788990011223344556677889900";
/// One that is not.
pub const ORG: &str = "77d09c4e5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8093f9a02c411be";
/// Files of every listing: the byte that its hash consists of, what it is, whether it is here.
pub const FILES: &[(u8, Media, bool)] =
    &[(1, Media::Png, true), (2, Media::Pdf, true), (3, Media::Pdf, false), (4, Media::Jpeg, false)];
/// What stands in each.
pub const EVIL: &[u8] = b"<script>alert(1)</script>";

/// The source; `poison` stands in every text when it is not empty.
#[derive(Default)]
pub struct Fake {
    pub poison: String,
    pub empty: bool,
    pub slow: bool,
}

impl Fake {
    fn text(&self, text: &str) -> String {
        if self.poison.is_empty() { text.to_owned() } else { self.poison.clone() }
    }

    fn names(&self, zh: &str, en: &str) -> Names {
        Names::new(self.text(zh), self.text(en))
    }

    fn node(&self) -> NodeView {
        NodeView {
            name: self.names("武汉市东湖节点", "Wuhan East Lake node"),
            role: Role::SubMarket,
            region: self.text("420111"),
            network: self.names("湖北联合技术市场", "Hubei Joined Technology Market"),
            listings: if self.empty { 0 } else { 12_408 },
            institutions: if self.empty { 1 } else { 86 },
            nodes: if self.empty { 1 } else { 23 },
        }
    }

    fn card(&self, row: &CardRow) -> Card {
        let (id, kind, title, summary, institution, region, field, trl, days) = row;
        Card {
            id: (*id).to_owned(),
            kind: (*kind).to_owned(),
            title: self.text(title),
            summary: self.text(summary),
            institution: self.text(institution),
            region: self.text(region),
            fields: vec![self.text(field)],
            country: if *id == FORGED { self.text("德国") } else { String::new() },
            trl: *trl,
            price: if *kind == "achievement" { (Some(3_000_000), Some(5_000_000)) } else { (None, None) },
            negotiable: *kind == "demand",
            has_more: *id == NEED,
            market: if *id == FORGED {
                Names::new(self.text("浙江技术市场"), self.text("Zhejiang market"))
            } else {
                Names::default()
            },
            updated_ms: NOW - days * DAY,
        }
    }

    fn provenance(&self) -> Provenance {
        let passed = |what| Check { what, result: CheckResult::Passed };
        let version = |number, step, days: i64, changed: &[&str]| Version {
            number,
            step,
            signed_ms: NOW - days * DAY,
            by: self.text("武汉大学技术转移中心"),
            hash: format!("{}c4e5a6b7c8d9e0f3f9a02c4", number + 6),
            changed: changed.iter().map(|id| self.text(id)).collect(),
        };
        Provenance {
            institution: self.text("武汉大学"),
            credit_code: self.text("12100000707137123P"),
            institution_id: ORG.to_owned(),
            node: self.text("武汉大学技术转移中心"),
            node_key: "5e6f708192a3b4c5d6e7f8093f9a02c411be77d09c4e5a6b7c8d9e0f1a2b3c4d".to_owned(),
            signed_ms: NOW - DAY,
            network: self.names("湖北联合技术市场", "Hubei Joined Technology Market"),
            network_id: "c411be77d09c4e5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8093f9a02".to_owned(),
            held_by: Some(Holders { nodes: 3, connected: 4 }),
            admitted_by: vec![self.text("湖北省科技厅"), self.text("湖北技术交易所")],
            checks: vec![
                passed(CheckKind::Signature),
                passed(CheckKind::Chain),
                passed(CheckKind::Content),
                passed(CheckKind::Certificate),
                passed(CheckKind::Admission),
            ],
            versions_total: 3,
            versions: vec![
                version(3, Step::Changed, 1, &["price_min", "price_max", "trl_word"]),
                version(2, Step::Changed, 20, &["summary", "keyword/固态电池"]),
                version(1, Step::Published, 41, &[]),
            ],
        }
    }

    fn field(&self, key: &str, values: &[&str]) -> FieldView {
        let field = FieldView::new(key, values.iter().map(|value| self.text(value)));
        if values.len() < 2 {
            return field;
        }
        let names = ["武汉大学", "武汉理工大学"].map(|name| self.text(name));
        let writer = |(n, institution)| Writer { institution, signed_ms: NOW - n * DAY };
        field.written_by((0..).zip(names).map(writer).collect())
    }

    fn statement(&self, row: &StatementRow) -> StatementView {
        let (label, value, reason, institution, present) = row;
        StatementView {
            network: (*label == "certificate").then(|| Names::new(self.text("浙江联市"), "Zhejiang")),
            label: self.text(label),
            value: self.text(value),
            reason: self.text(reason),
            institution: self.text(institution),
            signed_ms: NOW - DAY,
            present: *present,
            verified: self.poison.is_empty(),
        }
    }
}

fn buckets(pairs: &[(&str, u64)]) -> Vec<Bucket> {
    pairs.iter().map(|(value, listings)| Bucket { value: (*value).to_owned(), listings: *listings }).collect()
}

impl Source for Fake {
    fn statistics(&self, asked: &StatisticsAsk) -> Result<StatisticsView, SourceError> {
        Ok(numbers::statistics(self, asked))
    }

    fn bulletin(&self, asked: &StatisticsAsk, form: BulletinForm, zh: bool) -> Result<Vec<u8>, SourceError> {
        Ok(format!("{asked:?} {form:?} {zh}").into_bytes())
    }

    fn table(
        &self,
        request: &SearchRequest,
        form: web::view::TableForm,
        zh: bool,
        out: &mut dyn std::io::Write,
    ) -> Result<(), SourceError> {
        let line = format!("{:?} {form:?} {zh} {}\n", request.kind, request.text);
        out.write_all(line.as_bytes()).map_err(|error| SourceError::Failed(error.to_string()))
    }

    fn home(&self) -> Result<HomeView, SourceError> {
        let newest = if self.empty { Vec::new() } else { CARDS.iter().map(|row| self.card(row)).collect() };
        let halls = if self.empty { Vec::new() } else { buckets(HALLS) };
        Ok(HomeView { node: self.node(), halls, newest })
    }

    fn search(&self, request: &SearchRequest) -> Result<SearchView, SourceError> {
        if self.slow {
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        match request.text.as_str() {
            "unready" => return Err(SourceError::NotReady("the index is being rebuilt".into())),
            "broken" => return Err(SourceError::Failed("secret path /var/lib".into())),
            "nothing" => return Ok(SearchView::default()),
            "panic" => std::panic::resume_unwind(Box::new("as asked")),
            _ => {}
        }
        let mut regions =
            buckets(&[("4201", 5210), ("4205", 1302), ("4206", 1184), ("4203", 640), ("429004", 77)]);
        let mut fields = buckets(&[
            ("new_materials", 2_410),
            ("advanced_manufacturing", 1_935),
            ("electronics_it", 1_610),
            ("biomedicine", 1_208),
            ("agriculture", 980),
            ("environment_resources", 644),
        ]);
        if !self.poison.is_empty() {
            regions.insert(0, Bucket { value: self.poison.clone(), listings: 1 });
            fields.insert(0, Bucket { value: self.poison.clone(), listings: 1 });
        }
        let names = ["武汉大学", "华中科技大学", "湖北技术交易所"].map(|name| self.text(name));
        let institution = |(n, name): (u64, String)| NamedBucket {
            value: format!("{n:064x}"),
            name,
            listings: 900 - n * 100,
        };
        Ok(SearchView {
            total: 1_284,
            complete: if request.text.is_empty() { 1_284 } else { 1_200 },
            cards: CARDS.iter().map(|row| self.card(row)).collect(),
            halls: buckets(HALLS),
            kinds: buckets(KINDS),
            regions,
            fields,
            trl: buckets(&[("4-6", 3_870), ("7-9", 2_004), ("5", 1_800), ("1-3", 1_120)]),
            cooperation: buckets(&[
                ("transfer", 2_310),
                ("joint_development", 2_004),
                ("simple_license", 800),
            ]),
            prices: buckets(&[("negotiable", 3_004), ("100-500", 950), ("10-50", 700), ("1000-", 31)]),
            institutions: (0..).zip(names).map(institution).collect(),
            institution: self.text("武汉大学"),
        })
    }

    fn suggest(&self, request: &SearchRequest) -> Result<Vec<Card>, SourceError> {
        match request.text.as_str() {
            "nothing" => Ok(Vec::new()),
            "unready" => Err(SourceError::NotReady("the index is being rebuilt".into())),
            _ => Ok(CARDS.iter().map(|row| self.card(row)).collect()),
        }
    }

    fn listing(&self, id: &str) -> Result<Option<ListingView>, SourceError> {
        let Some(row) = CARDS.iter().find(|row| row.0.starts_with(id)) else { return Ok(None) };
        let mut provenance = self.provenance();
        let standing = match row.0 {
            GONE => Standing::Withdrawn { at_ms: NOW - DAY, reason: self.text("已整体转让") },
            _ => Standing::Published,
        };
        if row.0 == FORGED {
            provenance.checks[2].result = CheckResult::Failed(self.text("内容与签名时的哈希不符"));
            provenance.checks[4].result = CheckResult::Skipped(self.text("名册尚未同步"));
        }
        let mut fields: Vec<FieldView> = FIELDS.iter().map(|(key, values)| self.field(key, values)).collect();
        if row.0 == NEED {
            fields.retain(|field| !field.key.starts_with("contact"));
        }
        if !self.poison.is_empty() {
            fields.push(FieldView::new(format!("keyword/{}", self.poison), ["true"]));
            fields.push(FieldView::new(self.poison.clone(), [self.poison.clone()]));
        }
        let title = self.text(row.2);
        let (id, kind) = (row.0.to_owned(), row.1.to_owned());
        let editors = vec![self.text("武汉理工大学")];
        let statements = STATEMENTS.iter().map(|row| self.statement(row)).collect();
        let (moved, has_more) = (row.0 == NEED, row.0 == NEED);
        Ok(Some(ListingView {
            mark: "3-9c4e5a6b7c8d9e0f".to_owned(),
            id,
            kind,
            title,
            standing,
            market: (row.0 == FORGED).then(|| web::view::MarketView {
                name: Names::new(self.text("浙江技术市场"), self.text("Zhejiang market")),
                licence: self.text("CC-BY-4.0"),
                until_ms: NOW + 400 * DAY,
                mapped: true,
                partly: true,
            }),
            moved,
            editors,
            has_more,
            fields,
            attachments: FILES
                .iter()
                .map(|(hash, media, here)| AttachmentView {
                    file: protocol::Hash([*hash; 32]).to_string(),
                    media: *media,
                    size: 48_213,
                    title: self.text("检测报告"),
                    here: *here,
                })
                .collect(),
            statements,
            provenance,
            alike: CARDS.iter().skip(1).take(3).map(|row| self.card(row)).collect(),
            beside: if row.1 == "expert" { vec![self.card(&CARDS[0])] } else { Vec::new() },
        }))
    }

    fn org(&self, id: &str) -> Result<Option<OrgView>, SourceError> {
        let full = self.provenance().institution_id;
        if !full.starts_with(id) && id != SUSPENDED {
            return Ok(None);
        }
        let suspended = id == SUSPENDED;
        let node = |key: &str, revoked| OrgNode {
            key: key.to_owned(),
            role: Role::ResourceStation,
            region: self.text("420106"),
            logs: 12,
            revoked,
        };
        let word = |row: &StatementRow| OrgWord {
            about: NEED.to_owned(),
            title: self.text("海上风电塔筒内壁长效防腐涂层"),
            word: self.statement(row),
        };
        Ok(Some(OrgView {
            id: if suspended { SUSPENDED.to_owned() } else { full },
            name: self.text("武汉大学"),
            credit_code: self.text("12100000707137123P"),
            region: self.text("420106"),
            role: Role::ResourceStation,
            membership: if suspended {
                Membership::Suspended(self.text("年度核查未完成"))
            } else {
                Membership::Active
            },
            governs: !suspended,
            network: self.names("湖北联合技术市场", "Hubei Joined Technology Market"),
            nodes: vec![node("5e6f708192a3b4c5d6e7f809", false), node("77d09c4e5a6b7c8d9e0f1a2b", true)],
            kinds: if suspended { Vec::new() } else { buckets(&[("achievement", 412), ("expert", 37)]) },
            newest: if suspended {
                Vec::new()
            } else {
                CARDS.iter().take(3).map(|row| self.card(row)).collect()
            },
            said: STATEMENTS.iter().map(word).collect(),
        }))
    }

    fn history(&self, id: &str, _: Option<u64>, _: usize) -> Result<Option<HistoryView>, SourceError> {
        self.steps(id)
    }

    fn file(&self, id: &str, file: &protocol::Hash) -> Result<Option<FileView>, SourceError> {
        let known = CARDS.iter().any(|row| row.0.starts_with(id));
        let view = |(hash, media, here): &(u8, Media, bool)| match here {
            true => FileView::Here { media: *media, title: self.text("检测报告"), bytes: EVIL.to_vec() },
            false if *hash == 4 => FileView::Coming,
            false => FileView::Absent,
        };
        Ok(FILES.iter().filter(|_| known).find(|(hash, ..)| file.0 == [*hash; 32]).map(view))
    }

    fn certificate(&self, id: &str, address: Option<&web::Address>) -> Result<Option<Vec<u8>>, SourceError> {
        let found = CARDS.iter().any(|row| row.0.starts_with(id) && row.0 != GONE);
        let address = address.map(web::Address::as_str).unwrap_or_default();
        Ok(found.then(|| format!("%PDF-1.7 {address}").into_bytes()))
    }

    fn profile(&self) -> Result<ProfileView, SourceError> {
        Ok(numbers::profile(self))
    }

    fn profile_text(&self, text: &protocol::Hash) -> Result<Option<Vec<u8>>, SourceError> {
        let words = format!("# {}\n\n由治理方**过半数**签署。", self.text("一、准入"));
        Ok((text.0 == [0xb2; 32]).then(|| words.into_bytes()))
    }

    fn network(&self) -> Result<web::view::NetworkView, SourceError> {
        let member = |name: &str, role, region: &str, membership, link, reason: &str| web::view::MemberView {
            id: "ab".repeat(32),
            name: self.text(name),
            role,
            region: region.to_owned(),
            membership,
            governs: role == Role::Hub,
            own: role == Role::Hub,
            link,
            reason: self.text(reason),
            last_success_ms: link.map(|_| NOW - 60_000),
            said: link.map(|_| MemberSaid {
                health: NodeHealth::Problem,
                silent: false,
                heard_ms: NOW - 600_000,
            }),
        };
        let suspended = Membership::Suspended(self.text("核查中"));
        Ok(web::view::NetworkView {
            node: self.home()?.node,
            members: vec![
                member("湖北技术交易所", Role::Hub, "420000", Membership::Active, None, ""),
                member(
                    "武汉分市场",
                    Role::SubMarket,
                    "420100",
                    Membership::Active,
                    Some(PeerState::InStep),
                    "",
                ),
                member(
                    "武汉理工大学",
                    Role::ResourceStation,
                    "420106",
                    Membership::Active,
                    Some(PeerState::Refused),
                    "对方证书已过期",
                ),
                member("光谷站点", Role::GrassrootsSite, "420111", suspended, None, ""),
            ],
            markets: vec![web::view::PeerMarketView {
                name: Names::new(self.text("浙江技术市场"), ""),
                open: true,
                listings: 1_234,
                until_ms: NOW + 400 * DAY,
            }],
            now_ms: NOW,
        })
    }

    fn status(&self) -> Result<StatusView, SourceError> {
        let peer = |name: &str, key: &str, state, reason: &str, minutes: Option<i64>| PeerView {
            name: self.text(name),
            key: key.to_owned(),
            address: self.text("/dns4/hub.example.cn/udp/4001/quic-v1"),
            state,
            reason: self.text(reason),
            last_success_ms: minutes.map(|minutes| NOW - minutes * 60_000),
        };
        let peers = vec![
            peer("湖北技术交易所（枢纽）", "11be77d09c4e5a6b", PeerState::InStep, "", Some(0)),
            peer(
                "襄阳市分市场",
                "22be77d09c4e5a6b",
                PeerState::Syncing,
                "还差 1,204 条，约 2 分钟",
                Some(31),
            ),
            peer("", "33be77d09c4e5a6b", PeerState::Connecting, "", None),
            peer(
                "神农架基层站点",
                "44be77d09c4e5a6b",
                PeerState::Waiting,
                "连接超时；5 分钟后再试",
                Some(60 * 50),
            ),
            peer(
                "测试节点",
                "55be77d09c4e5a6b",
                PeerState::Refused,
                "对方证书已过期，请其机构续签",
                Some(60 * 24 * 90),
            ),
        ];
        Ok(StatusView {
            node: self.node(),
            network_id: "c411be77d09c4e5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8093f9a02".to_owned(),
            node_key: "5e6f708192a3b4c5d6e7f8093f9a02c411be77d09c4e5a6b7c8d9e0f1a2b3c4d".to_owned(),
            addresses: vec![
                self.text("/ip4/10.20.30.40/udp/4001/quic-v1"),
                self.text("/ip4/10.20.30.40/tcp/4001"),
            ],
            view_hash: "e0f1a2b3c4d5e6f708192a3b4c5d6e7f8093f9a02c411be77d09c4e5a6b7c8d9".to_owned(),
            entries: 48_210,
            logs: 131,
            version: "0.1.0".to_owned(),
            started_ms: NOW - 3 * DAY,
            now_ms: NOW,
            peers: if self.empty { Vec::new() } else { peers },
        })
    }
}
