//! Words of certificates, and of what is said when one is made or verified.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("certificate.attachments", "附件", "Attachments"),
    ("certificate.claim", "兹证明下列信息由所列机构签名发布，该机构已由本网络的治理方准入；制作本页时，签名、内容与准入均已核验。", "This certifies that the listing below was signed and published by the institution named, which the governors of this network admitted. Signatures, contents and admission were verified when this page was made."),
    ("certificate.code", "扫码看它现在怎样", "Scan to see how it stands now"),
    ("certificate.code.number", "码内为信息编号与版本", "The code holds its number and version"),
    ("certificate.cut", "{text}……（全文见所附证明文件）", "{text} … (in full in the proof attached)"),
    ("certificate.disputed", "{values}（几种写法并存，机构尚未选定）", "{values} (side by side; the institution has not chosen yet)"),
    ("certificate.download", "证明书（PDF）", "Certificate (PDF)"),
    ("certificate.heading", "挂牌信息证明书", "Certificate of listing"),
    ("certificate.missing", "〓 处是本程序字库没有的字（{chars}），请见所附证明文件。", "〓 stands for characters that the typeface of this program lacks ({chars}); the proof attached has them."),
    ("certificate.more", "其余", "More"),
    ("certificate.more.fields", "另有 {n} 项，见所附证明文件", "{n} more fields are in the proof attached"),
    ("certificate.more.statements", "另有 {n} 条，见所附证明文件", "{n} more are in the proof attached"),
    ("certificate.note.later", "本页只说明制作时的情况。此后是否修改、撤下、撤回或吊销，请扫码或到任一节点查看。第三方说明由署名机构各自负责。", "This page tells of the time when it was made. Whether anything was changed, withdrawn or revoked since, the code and every node of the network tell. Statements are answered for by those who made them."),
    ("certificate.note.made", "制作：{time}（北京时间，以制作者的时钟为准），联市 {program}；制作时间与二维码网址未经签名。", "Made {time} (China time, by the maker's clock) with Lianshi {program}; that time and the address in the code are not signed."),
    ("certificate.note.proof", "电子文件内附证明文件 proof.lianshi。离线核验：lianshi verify 本文件.pdf --charter 网络章程文件；页面改动一字即不能通过。", "The file carries its proof (proof.lianshi). To verify it offline: lianshi verify FILE.pdf --charter CHARTER; a page of which one letter was changed does not pass."),
    ("certificate.page", "第 {n} 页，共 {all} 页", "Page {n} of {all}"),
    ("certificate.seen", "可见范围", "Visibility"),
    ("cli.export.certificate", "证明书已存入 {file}。核验：lianshi verify {file} --charter 章程文件", "The certificate is in {file}. To check it: lianshi verify {file} --charter CHARTER"),
    ("cli.failure.certificate.hidden", "“{title}”在本节点不展示，不能出具证明书", "“{title}” is not shown on this node, so there is no certificate of it"),
    ("cli.failure.certificate.hidden.hint", "缘由见 lianshi listing show 编号", "lianshi listing show ID says why"),
    ("cli.failure.certificate.made", "证明书没有做成：{what}", "The certificate could not be made: {what}"),
    ("cli.failure.certificate.made.hint", "改用证明文件：lianshi export 编号 --format proof", "take the proof instead: lianshi export ID --format proof"),
    ("cli.failure.certificate.withdrawn", "“{title}”已下架，不能出具证明书", "“{title}” is withdrawn, so there is no certificate of it"),
    ("cli.failure.certificate.withdrawn.hint", "重新发布后再试：lianshi listing publish 编号；要证明曾经发布过，用 --format proof", "publish it again first: lianshi listing publish ID; to prove that it once was, take --format proof"),
    ("cli.verify.looks.same", "页面与所证明的内容完全一致", "the page says exactly what is proven"),
    ("cli.verify.looks.unknown", "页面由另一版本的程序（{program}）制作，本版本无法比对：请以上面核验出的内容为准，与页面逐项核对", "the page was made by another version ({program}) and cannot be compared by this one: go by what is said above, and compare the page with it line by line"),
    ("cli.verify.page", "页面", "page"),
    ("cli.verify.page.code", "二维码", "code"),
    ("cli.verify.page.made", "制作时间", "made"),
    ("cli.verify.page.unsigned", "制作时间与二维码地址由制作者填写，未经签名", "the time when it was made and the code's address are the maker's own words: nobody signed them"),
    ("cli.verify.why.looks", "所附证明属实，但页面与它所证明的不同：页面被改动过", "the proof in it holds, but the page is not what it shows: the page was changed"),
    ("cli.verify.why.pdf", "这份 PDF 里没有联市的证明文件；可能是别的程序另存过，请索取原文件", "this PDF has no proof of Lianshi in it; another program may have saved it anew: ask for the original"),
    ("cli.verify.why.withdrawn", "所证明的信息已下架，不应有证明书", "the listing proven was withdrawn, of which no certificate is made"),
];
