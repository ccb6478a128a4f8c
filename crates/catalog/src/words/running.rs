//! Words of what runs beside a node: files and databases for analysts.

use super::Row;

/// Key, Chinese, English; sorted by key.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    ("cli.export.parquet.members", "Parquet 文件供分析和流转，只含公开信息，不能加 --members", "A Parquet file is for analysts and travels: it holds public listings alone, without --members"),
    ("cli.export.parquet.members.hint", "去掉 --members；仅供成员的信息用 --format xlsx、csv 或 jsonl 导出", "Leave out --members; what is for members goes into xlsx, csv or jsonl"),
    ("cli.failure.database", "数据库不接受：{what}", "The database refuses: {what}"),
    ("cli.failure.database.away", "连不上数据库：{what}", "The database is not reached: {what}"),
    ("cli.failure.database.away.hint", "检查 --to 的主机、端口、库名和用户，数据库是否在运行；如 --to \"host=127.0.0.1 dbname=market user=lianshi\"", "Look at host, port, database and user in --to, and whether it runs; such as --to \"host=127.0.0.1 dbname=market user=lianshi\""),
    ("cli.failure.database.certificate", "数据库的证书不可信：{what}", "The database's certificate is not believed: {what}"),
    ("cli.failure.database.certificate.hint", "本单位自签或自建证书机构的，用 --certificates 指明它的证书文件（PEM）；--to 里的 host 要与证书上的名称一致（地址可另写 hostaddr）", "Where your office signs its own, name the file of its certificate (PEM) with --certificates; the host in --to must be a name on the certificate (an address can stand beside it as hostaddr)"),
    ("cli.failure.database.hint", "检查 --to 写得对不对、密码（--password-file）、用户能否在库里建模式和表；第一次建表后只需读写这几张表的权限", "Look at how --to is written, at the password (--password-file), and whether the user may make a schema and tables there; once they are made, reading and writing these is enough"),
    ("cli.failure.database.moved", "另一个 lianshi feed 刚写过同一个库，从它写到的地方接着来", "Another lianshi feed has just written to this database; this one goes on behind it"),
    ("cli.failure.database.moved.hint", "一个库一个就够，停掉其中一个", "One for each database is enough: stop one of them"),
    ("cli.failure.database.other", "这些表由另一个节点供给：{what}", "Another node feeds these tables: {what}"),
    ("cli.failure.database.other.hint", "换一个模式，如 --schema market2；确实要换节点，先删掉原来的模式", "Take another schema, such as --schema market2; where this node is to take over, drop the old schema first"),
    ("cli.failure.database.plain", "数据库没有打开加密连接，而它在另一台机器上", "The database has no encrypted connections, and is on another computer"),
    ("cli.failure.database.plain.hint", "请数据库管理员打开（postgresql.conf 里 ssl = on）；线路本身可信或已走隧道的，在 --to 里写 sslmode=disable", "Ask its administrator to turn them on (ssl = on in postgresql.conf); where the line itself is trusted or a tunnel, write sslmode=disable in --to"),
    ("cli.failure.database.trust", "加密连接没有可信任的证书：{what}", "An encrypted connection has nobody to believe: {what}"),
    ("cli.failure.database.trust.hint", "--certificates 指明的应是 PEM 证书文件（开头是 -----BEGIN CERTIFICATE-----）；没有指明的，安装系统的 ca-certificates", "--certificates names a file of certificates in PEM (it begins -----BEGIN CERTIFICATE-----); without it, install the system's ca-certificates"),
    ("cli.failure.database.version", "表的版本对不上：{what}", "The tables are of another version: {what}"),
    ("cli.failure.database.version.hint", "换用对应版本的程序，或用 --schema 另建一份（可随时从头重来）", "Use the program of that version, or make them anew under another --schema: a feed can begin again at any time"),
    ("cli.failure.schema", "{name} 不能作模式名", "{name} is no name for a schema"),
    ("cli.failure.schema.hint", "用小写字母、数字和下划线，不以数字或 pg_ 开头", "Small letters, digits and underscores, beginning with neither a digit nor pg_"),
    ("cli.feed.again", "中断了：{what}；{seconds} 秒后再试", "Interrupted: {what}; again in {seconds} s"),
    ("cli.feed.level", "已写入 {count} 处变化（其中 {gone} 条已不公开），与节点一致", "{count} changes taken, {gone} of them gone; level with the node"),
    ("help.feed", "把公开信息持续送进数据库，供分析", "Keep a database level with the public listings, for analysts"),
    ("help.feed.postgres", "送进 PostgreSQL：表自动建立，每批变化与进度同在一个事务里，随时可停、可续", "Into PostgreSQL: tables are made where there are none; each batch and how far it came are one transaction, so it may be stopped and goes on at any time"),
    ("help.feed.postgres.certificates", "除系统信任的以外还信任的证书文件（PEM），如本单位证书机构的；另一台机器上的数据库一律加密并核对证书，除非 --to 里写 sslmode=disable", "File of certificates (PEM) believed beside the system's, such as your office's own authority; a database on another computer is reached by TLS and its certificate checked, unless --to says sslmode=disable"),
    ("help.feed.postgres.every", "每隔几秒看一次有没有变化", "Look for changes every so many seconds"),
    ("help.feed.postgres.once", "追平就结束，不持续运行（节点没有运行也可以）", "End once it is level; the node need not run"),
    ("help.feed.postgres.password-file", "数据库密码所在的文件（写在 --to 里别人能看到）", "File with the database's password (in --to others could see it)"),
    ("help.feed.postgres.schema", "表所在的模式", "The schema that the tables are in"),
    ("help.feed.postgres.to", "数据库，如 \"host=127.0.0.1 dbname=market user=lianshi\" 或 postgresql://…；连接不加密，跨机器请走隧道", "The database, such as \"host=127.0.0.1 dbname=market user=lianshi\" or postgresql://…; not encrypted: take a tunnel to another machine"),
];
