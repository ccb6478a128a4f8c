//! Words about looking after a node: backup and restore, check-up, room on the disk.

use super::Row;

/// The table, sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("cli.backup.done", "备份已写入 {file}（{size}，{entries} 条签名条目），并已从头到尾读回核对", "The backup is in {file} ({size}, {entries} signed entries); it was read back from end to end"),
    ("cli.backup.keep", "里面有本节点的密钥、草稿和联系方式：请放在另一处可靠的地方，像保管密钥一样保管。恢复：lianshi --home 新文件夹 restore 备份文件。恢复密钥（recovery.key）不在其中，另行保管", "It holds this node's keys, drafts and contact details: keep it in another place, as safely as the keys. To restore: lianshi --home FOLDER restore FILE. The recovery key is not in it: that one is kept apart"),
    ("cli.backup.progress", "已备份 {done} / {total} 条", "{done} of {total} entries written"),
    ("cli.backup.root.absent", "根密钥不在本机，备份里也没有：请确认它另有保管", "The root key is not on this machine, so it is not in the backup: make sure that it is kept elsewhere"),
    ("cli.backup.root.locked", "根密钥在其中，有口令保护；口令不在其中", "The root key is in it, under its passphrase; the passphrase is not"),
    ("cli.backup.root.plain", "根密钥在其中，没有口令保护：谁拿到备份，谁就能代表本单位。先运行 lianshi key lock 再备份更稳妥", "The root key is in it without a passphrase: whoever has the backup can act for this institution. Better run lianshi key lock first, then back up again"),
    ("cli.compact.begun", "正在重写数据文件；中途断电也不要紧，旧文件到新文件写好之后才删除", "The data file is written anew; the old one goes only once the new one is whole, so a power cut does no harm"),
    ("cli.compact.done", "数据文件由 {before} 压缩到 {after}", "The data file took {before} and takes {after} now"),
    ("cli.failure.backup-changed", "{file} 在读取过程中变了", "{file} changed while it was read"),
    ("cli.failure.backup-changed.hint", "不要同时写这个文件；再试一次", "let nobody write to it meanwhile, then try again"),
    ("cli.failure.backup-cut", "{file} 不完整：读到第 {part} 段就断了。没有写入任何内容", "{file} is cut off after part {part}. Nothing was written"),
    ("cli.failure.backup-cut.hint", "请重新拷贝这份备份，或换用另一份", "copy the backup again, or take another one"),
    ("cli.failure.backup-damaged", "{file} 的第 {part} 段已损坏（{what}）。没有写入任何内容", "{file} is damaged in part {part} ({what}). Nothing was written"),
    ("cli.failure.backup-damaged.hint", "请重新拷贝这份备份，或换用另一份", "copy the backup again, or take another one"),
    ("cli.failure.backup-foreign", "{file} 不是节点的备份", "{file} is no backup of a node"),
    ("cli.failure.backup-foreign.hint", "请核对是否选错了文件；备份由 lianshi backup 写成", "check whether it is the right file; lianshi backup writes one"),
    ("cli.failure.backup-newer", "{file} 是更新版本的程序写的（格式 {found}），本程序读不了", "{file} was written by a newer program (format {found})"),
    ("cli.failure.backup-newer.hint", "请先升级 lianshi，再恢复", "upgrade lianshi first, then restore"),
    ("cli.failure.compact-room", "空间不够：压缩期间新旧两份并存，需要空闲 {needed}（含下限），现在只有 {free}", "Not enough room: old and new stand side by side, which needs {needed} free (the floor included); there are {free}"),
    ("cli.failure.compact-room.hint", "请先腾出空间，没有改动任何内容", "free some space first; nothing was changed"),
    ("cli.failure.compact-running", "节点正在运行，数据文件不能压缩", "The node is running; its data file cannot be compacted"),
    ("cli.failure.compact-running.hint", "先停下：lianshi stop；压缩后再启动", "stop it first: lianshi stop; start it again afterwards"),
    ("cli.failure.not-empty", "{home} 里已经有内容：恢复只写入空文件夹，绝不覆盖", "{home} is not empty: a restore never writes over anything"),
    ("cli.failure.not-empty.hint", "请用 --home 指定一个新文件夹", "give a new folder with --home"),
    ("cli.failure.restoring", "{home} 里有一次没有做完的恢复", "A restore into {home} was cut short"),
    ("cli.failure.restoring.hint", "请再运行一次 lianshi restore 备份文件，它会从头做起；或换一个文件夹", "run lianshi restore FILE again, it begins anew; or choose another folder"),
    ("cli.restore.done", "{name} 的节点已恢复到 {home}，内容截至 {made}（以做备份的电脑的时钟为准）", "The node of {name} is restored in {home}, as it was at {made} (by the clock of the computer that made the backup)"),
    ("cli.restore.next", "下一步：lianshi --home {home} run。连上其他节点后，备份之后发布的内容会自动取回，取回之前不会写入新内容。原来那台机器上的节点从此不要再启动", "Next: lianshi --home {home} run. What was published after the backup comes back from other nodes, and nothing new is written before that. Never run the node on the old machine again"),
    ("cli.restore.own", "这份备份只含本单位自己的内容，其他单位的信息在连上网络后同步", "This backup holds your own contents only; others' listings come with the next sync"),
    ("cli.restore.progress", "已恢复 {done} / {total} 条", "{done} of {total} entries restored"),
    ("help.backup", "把整个节点备份成一个文件；节点运行时也能做", "Back up the whole node into one file, whether it runs or not"),
    ("help.backup.file", "备份写入哪个文件；已有的旧备份等新的写好、核对过才被替换", "The file to write; an older backup there is replaced once the new one is whole and was read back"),
    ("help.backup.own", "只备份本单位自己的内容和名册，其他单位的信息恢复后再同步", "Only your own contents and the roster; others' listings are synced again after a restore"),
    ("help.compact", "压缩数据文件，腾出删改留下的空间；节点须先停下", "Shrink the data file: give back the space that deletions have left in it; the node has to be stopped"),
    ("help.restore", "从备份恢复节点，写入 --home 指定的空文件夹", "Restore a node from a backup, into the empty folder of --home"),
    ("help.restore.file", "备份文件", "The backup"),
];
