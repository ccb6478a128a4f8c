//! Words about removing a listing's contents for good.

use super::Row;

/// The table, sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("cli.failure.purged", "信息 {id} 的内容已被清除", "The contents of listing {id} were removed for good"),
    ("cli.failure.purged.hint", "请另行发布一条新的信息", "publish a new listing instead"),
    ("cli.failure.purges", "本单位自行清除的信息已达 {most} 条的上限", "This institution has purged {most} documents by its own word, which is all that count"),
    ("cli.failure.purges.hint", "请治理方来清除：lianshi roster propose purge", "ask the governors: lianshi roster propose purge"),
    ("cli.failure.unconfirmed", "清除无法撤销，需要确认后才执行", "A purge cannot be undone; it waits for your word"),
    ("cli.failure.unconfirmed.hint", "确定无误就加上 --yes", "when you are sure, add --yes"),
    ("cli.hidden.missing", "此信息的内容曾被一次后来失效的清除抹去，本节点没有副本", "Its contents were removed by a purge that counts no more, and this node has no copy"),
    ("cli.hidden.purged", "此信息的内容已被清除，无法恢复", "Its contents were removed for good"),
    ("cli.outcome.purged", "已清除", "purged"),
    ("cli.purge.ask", "确定要清除吗？请输入 yes：", "Purge it? Type yes: "),
    ("cli.purge.freed", "空闲页里的旧字节在节点下次启动时抹去；已被别人导出、打印或备份的副本不在此列", "Old bytes in free pages go when the node starts next; what others have exported, printed or backed up is beyond it"),
    ("cli.purge.warn", "“{title}”的全部内容将从每个节点永久清除，无法撤销。保留下来的只有签名记录的编号、时间和哈希，以及清除的缘由。工作台上各人传来导入的表格也一并删除，需要的请再传一次", "All contents of “{title}” will go from every node for good; this cannot be undone. What stays is the chain of signed steps, their times and hashes, and the reason. Tables that were sent to the desk for import go with it, everybody's; who needs one sends it again"),
    ("cli.verify.why.purged", "它的内容已被永久清除", "its contents were removed for good"),
    ("help.listing.purge", "永久清除本单位一条信息的全部内容，每个节点都清除，无法撤销", "Remove all contents of a listing of ours for good, on every node; it cannot be undone"),
    ("help.listing.purge.reason", "缘由，各节点都看得到；不要写要清除的内容", "The reason; every node shows it, so it must not repeat what is to go"),
    ("help.listing.purge.yes", "不再询问，直接清除", "Do not ask for confirmation"),
    ("help.roster.propose.purge", "永久清除一条信息的全部内容，每个节点都清除，无法撤销", "Remove all contents of a listing for good, on every node; it cannot be undone"),
    ("help.roster.propose.purge.reason", "缘由，各节点都看得到；不要写要清除的内容", "The reason; every node shows it, so it must not repeat what is to go"),
    ("help.roster.propose.purge.yes", "不再询问，直接提议", "Do not ask for confirmation"),
    ("listing.missing.text", "此信息的内容曾被一次后来失效的清除抹去，本节点没有副本。", "Its contents were removed by a purge that counts no more, and this node has no copy."),
    ("listing.missing.title", "此信息的内容缺失", "Missing"),
    ("listing.purged.text", "此信息的内容已被永久清除，无法恢复。", "The contents of this listing were removed for good."),
    ("listing.purged.title", "此信息已被清除", "Purged"),
];
