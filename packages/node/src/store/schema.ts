/** `application_id` of our databases, the letters gvst: a file of somebody else is never written to. */
export const applicationId = 0x67_76_73_74

/** What brings a database of the version before to this one. */
interface Migration {
  readonly version: number
  readonly sql: string
}

/**
 * All versions of the schema, oldest first; `user_version` says which one a database has. Only ever add to it: the
 * tests open a database of each version that was released.
 *
 * `record` holds everything. `key` and `span` follow from it and can be made anew: `key` is what is in the store, in
 * the order of reconciliation, with where it is; `span` is who said it. `fact` and `fact_copy` are small things that
 * follow from nothing else, twice. `evidence` has copies of records that contradict each other: their signatures are its
 * checksum. All other columns are covered by a checksum, those of `record` by `sum`.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE record (
        arrival INTEGER PRIMARY KEY, topic INTEGER NOT NULL, time INTEGER NOT NULL, content INTEGER NOT NULL,
        sum BLOB NOT NULL, data BLOB NOT NULL
      ) STRICT;
      CREATE INDEX record_topic ON record (topic);
      CREATE INDEX record_time ON record (topic, time) WHERE content = 1;
      CREATE TABLE key (
        topic INTEGER NOT NULL, at BLOB NOT NULL, tail BLOB NOT NULL, PRIMARY KEY (topic, at)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE span (
        topic INTEGER NOT NULL, author BLOB NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
        arrival INTEGER NOT NULL, count INTEGER NOT NULL, kept INTEGER NOT NULL, time INTEGER NOT NULL,
        size INTEGER NOT NULL, PRIMARY KEY (topic, author, epoch, sequence, arrival)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX span_batch ON span (topic, author, epoch, sequence, count) WHERE count > 1;
      CREATE TABLE tally (
        topic INTEGER PRIMARY KEY, messages INTEGER NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum BLOB NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE fact_copy (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum BLOB NOT NULL) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 2,
    sql: `
      CREATE TABLE evidence (
        number INTEGER PRIMARY KEY, id BLOB, topic TEXT NOT NULL, author BLOB NOT NULL, epoch INTEGER NOT NULL,
        first INTEGER NOT NULL, last INTEGER NOT NULL, found INTEGER NOT NULL, one BLOB NOT NULL, other BLOB NOT NULL
      ) STRICT;
      CREATE INDEX evidence_author ON evidence (author);
    `,
  },
  {
    version: 3,
    // `receipt` covers itself with its signature; a damaged wish is forgotten.
    sql: `
      CREATE TABLE receipt (number INTEGER PRIMARY KEY, topic TEXT NOT NULL, time INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
      CREATE INDEX receipt_time ON receipt (topic, time);
      CREATE TABLE wish (
        topic TEXT NOT NULL, id BLOB NOT NULL, time INTEGER NOT NULL, wants TEXT NOT NULL, PRIMARY KEY (topic, id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 4,
    // `state` covers itself with its owner's signature.
    sql: `
      CREATE TABLE state (owner BLOB PRIMARY KEY, heard INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 5,
    // `body` follows from `record`: which bodies, kept as files, its references need.
    sql: `
      CREATE TABLE body (
        root BLOB NOT NULL, arrival INTEGER NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (root, arrival)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX body_arrival ON body (arrival);
    `,
  },
  {
    version: 6,
    // A body counts once in each topic that needs it.
    sql: `
      CREATE TABLE cited (
        topic INTEGER NOT NULL, root BLOB NOT NULL, arrival INTEGER NOT NULL, size INTEGER NOT NULL,
        PRIMARY KEY (topic, root, arrival)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO cited SELECT record.topic, root, arrival, size FROM body JOIN record USING (arrival);
      DROP TABLE body;
      ALTER TABLE cited RENAME TO body;
      CREATE INDEX body_arrival ON body (arrival);
      CREATE INDEX body_root ON body (root);
      UPDATE tally SET bytes = bytes
        - ifnull((SELECT sum(size) FROM body WHERE body.topic = tally.topic), 0)
        + ifnull((SELECT sum(size) FROM (SELECT DISTINCT topic, root, size FROM body) AS once WHERE once.topic = tally.topic), 0);
    `,
  },
]

/** The version that this program writes. */
export const schemaVersion: number = migrations.at(-1)!.version
