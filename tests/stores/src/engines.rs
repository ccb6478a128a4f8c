//! The stores, each with what it needs to be durable at an fsync and no sooner.

use std::fs::File;
use std::path::Path;

use anyhow::bail;
use fjall::{KeyspaceCreateOptions, PersistMode};
use redb::{Durability, ReadableDatabase, TableDefinition};

/// Keys and values of one batch.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// What can be run: sled as the node sets it, then with one thing changed each.
pub const NAMES: &[&str] = &[
    "sled",
    "sled-segment-2m",
    "sled-segment-8m",
    "sled-flush-100ms",
    "sled-flush-none",
    "sled-low-space",
    "redb",
    "fjall",
    "fjall-plain",
];

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("all");

/// One of them.
pub enum Engine {
    Sled { db: sled::Db, file: File },
    Redb(redb::Database),
    Fjall { db: fjall::Database, all: fjall::Keyspace },
}

impl Engine {
    pub fn open(name: &str, folder: &Path, cache_mib: u64) -> anyhow::Result<Self> {
        let cache = cache_mib << 20;
        let sled = || sled::Config::new().path(folder).cache_capacity(cache);
        let config = match name {
            "sled" => sled(),
            "sled-segment-2m" => sled().segment_size(2 << 20),
            "sled-segment-8m" => sled().segment_size(8 << 20),
            "sled-flush-100ms" => sled().flush_every_ms(Some(100)),
            "sled-flush-none" => sled().flush_every_ms(None),
            "sled-low-space" => sled().mode(sled::Mode::LowSpace),
            "redb" => {
                let db = redb::Builder::new().set_cache_size(cache as usize).create(folder.join("redb"))?;
                let write = db.begin_write()?;
                write.open_table(TABLE)?;
                write.commit()?;
                return Ok(Self::Redb(db));
            }
            "fjall" | "fjall-plain" => {
                let db = fjall::Database::builder(folder).cache_size(cache).open()?;
                let options = || {
                    let options = KeyspaceCreateOptions::default();
                    if name == "fjall" {
                        return options;
                    }
                    options.data_block_compression_policy(fjall::config::CompressionPolicy::disabled())
                };
                let all = db.keyspace("all", options)?;
                return Ok(Self::Fjall { db, all });
            }
            other => bail!("no store is called {other}"),
        };
        let db = config.open()?;
        let file = File::options().read(true).write(true).open(folder.join("db"))?;
        Ok(Self::Sled { db, file })
    }

    pub fn apply(&self, pairs: Pairs) -> anyhow::Result<()> {
        match self {
            Self::Sled { db, .. } => {
                let mut batch = sled::Batch::default();
                pairs.into_iter().for_each(|(key, value)| batch.insert(key, value));
                db.apply_batch(batch)?;
            }
            Self::Redb(db) => {
                let mut write = db.begin_write()?;
                write.set_durability(Durability::None)?;
                let mut table = write.open_table(TABLE)?;
                for (key, value) in &pairs {
                    table.insert(key.as_slice(), value.as_slice())?;
                }
                drop(table);
                write.commit()?;
            }
            Self::Fjall { db, all } => {
                let mut batch = db.batch();
                pairs.into_iter().for_each(|(key, value)| batch.insert(all, key, value));
                batch.commit()?;
            }
        }
        Ok(())
    }

    /// Returns when all that was applied survives a power cut.
    pub fn sync(&self) -> anyhow::Result<()> {
        match self {
            Self::Sled { db, file } => {
                db.flush()?;
                file.sync_all()?;
            }
            Self::Redb(db) => db.begin_write()?.commit()?,
            Self::Fjall { db, .. } => db.persist(PersistMode::SyncAll)?,
        }
        Ok(())
    }

    /// How long the value of a key is.
    pub fn get(&self, key: &[u8]) -> anyhow::Result<Option<usize>> {
        Ok(match self {
            Self::Sled { db, .. } => db.get(key)?.map(|value| value.len()),
            Self::Redb(db) => {
                let table = db.begin_read()?.open_table(TABLE)?;
                table.get(key)?.map(|value| value.value().len())
            }
            Self::Fjall { all, .. } => all.get(key)?.map(|value| value.len()),
        })
    }
}
