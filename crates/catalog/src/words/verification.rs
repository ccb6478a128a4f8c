//! Words of the page that a code on paper leads to, and of the code.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("error.paper.next", "请核对网址，或过一会儿再扫；也可以到发布机构的节点上查。在查到之前，请勿采信这张纸。", "Check the address, or scan it again a little later; the publisher's own node may have it. Do not rely on the paper until you find it."),
    ("error.paper.text", "本节点没有编号以 {what} 开头的公开信息，不能证实这张纸。信息可能还没有同步到这里，也可能这张纸不实。", "This node has no public listing whose number begins with {what}, and cannot confirm the paper. The listing may not have arrived here yet, or the paper may be false."),
    ("error.paper.title", "不能证实这张纸", "The paper cannot be confirmed"),
    ("verification.changed.text", "纸上是 {date} 的第 {n} 版，现在是第 {now} 版。请以现在的内容为准。", "The paper shows version {n} of {date}; now there is version {now}. Go by what stands now."),
    ("verification.changed.title", "纸上的内容此后有过修改", "Changed since it was printed"),
    ("verification.checked_by", "以上由节点“{node}”当场核对，以它已收到的内容为准。", "Checked just now by the node “{node}”, as far as it has received."),
    ("verification.compare", "请与纸上逐项核对", "Compare with the paper"),
    ("verification.compare.note", "有任何一项与纸上不同，请勿采信这张纸。", "If anything differs from the paper, do not rely on the paper."),
    ("verification.full", "查看全部内容", "See the whole listing"),
    ("verification.good.text", "由{institution}签名发布，内容未被改动，现行有效。", "Signed by {institution}, unaltered, and valid now."),
    ("verification.good.title", "核验通过，现行有效", "Verified and valid"),
    ("verification.kind", "类别", "Kind"),
    ("verification.mark", "第 {n} 版 · {hash}", "Version {n} · {hash}"),
    ("verification.mark.none", "（尚无有效版本）", "(no valid version)"),
    ("verification.name", "名称", "Title"),
    ("verification.other.text", "纸上写的是第 {n} 版，本节点现有第 {now} 版。纸上的一版可能还没有同步到这里，也可能不实；请过一会儿再扫。", "The paper speaks of version {n}; this node has version {now}. The one on paper may not have arrived here yet, or may be false: scan it again a little later."),
    ("verification.other.title", "本节点没有纸上的这一版", "Not the version that this node knows"),
    ("verification.said", "有 {n} 条第三方说明现行有效。", "{n} statements by others stand."),
    ("verification.said.bad", "其中 {n} 条不予通过。", "{n} of them reject it."),
    ("verification.said.none", "没有第三方说明。", "No statements by others."),
    ("verification.same.text", "由{institution}签名发布，内容未被改动，纸上的就是现行的一版。", "Signed by {institution} and unaltered; the paper shows the present version."),
    ("verification.same.title", "核验通过，与纸上是同一版", "Verified, and the same version"),
    ("verification.scan", "扫码核验", "Scan to verify"),
    ("verification.scan.note", "手机扫码，看它是否仍然有效、有没有改过、由谁签名。", "A telephone shows whether it still stands, whether it changed, and who signed it."),
    ("verification.signed", "谁签名、谁准入", "Who signed, who admitted"),
    ("verification.title", "纸面核验", "Verification"),
    ("verification.version", "版本", "Version"),
];
