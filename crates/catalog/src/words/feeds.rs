//! Words of feeds and catalogues.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("feed.follow", "订阅本列表：", "Follow this list:"),
    ("feed.link", "{what}（{form}）", "{what} ({form})"),
    ("web.dcat.about", "联合技术市场“{network}”在本节点的公开信息：表格、订阅源与采集接口", "Public listings of the joined technology market {network} at this node: tables, feeds and a repository for harvesters"),
    ("web.feed.about", "{node}的公开信息，发布方最近修改的在前", "Public listings at {node}, those last changed by their publishers first"),
    ("web.feed.all", "全部信息", "All listings"),
    ("web.feed.search", "“{text}”", "“{text}”"),
];
