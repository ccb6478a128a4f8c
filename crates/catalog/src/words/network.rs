//! Words of the page that shows the whole network: `network.…`.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("network.away", "未直接连接", "not connected here"),
    ("network.exited", "已退出", "has left"),
    ("network.governs", "治理方", "governor"),
    ("network.here", "本节点", "this node"),
    ("network.link", "全网分布", "The whole network"),
    ("network.map", "全网分布图", "Map of the network"),
    ("network.map.more", "地点太多，图上只画了一部分；完整名单见下表。", "There are more places than the map has room for; all are in the table below."),
    ("network.market", "市场", "market"),
    ("network.market.about", "本机存有 {n} 条，协议至 {date}", "{n} listings held here, agreed until {date}"),
    ("network.market.closed", "未生效或已暂停", "not in force"),
    ("network.market.open", "正在交换", "exchanging"),
    ("network.markets", "对等市场", "Peer markets"),
    ("network.members", "成员单位（{n}）", "Members ({n})"),
    ("network.more", "另有 {n} 家未列出", "{n} more are not listed"),
    ("network.signs", "实线为与本节点直接连接，虚线为未直接连接", "solid: connected with this node; dashed: not connected here"),
    ("network.summary", "{network}：枢纽 {hubs}，分市场 {markets}，资源分站 {stations}，基层站点 {sites}。", "{network}: hubs {hubs}, sub-markets {markets}, resource stations {stations}, grassroots sites {sites}."),
    ("network.suspended", "已暂停", "suspended"),
    ("network.title", "全网分布", "The whole network"),
];
