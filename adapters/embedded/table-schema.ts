/** One entry per schema version (`user_version`); an entry that was released never changes, a change is a new entry. */
export const migrations: readonly string[] = [
  `
  create table items (
    id integer primary key,
    tbl text not null,
    pk text not null,
    sk text not null,
    gsi1pk text,
    gsi1sk text,
    gsi2pk text,
    gsi2sk text,
    expires_at integer,
    version integer not null,
    size integer not null,
    data text not null,
    bytes blob
  ) strict;
  create unique index items_key on items (tbl, pk, sk);
  create index items_gsi1 on items (tbl, gsi1pk, gsi1sk, pk, sk) where gsi1pk is not null;
  create index items_gsi2 on items (tbl, gsi2pk, gsi2sk, pk, sk) where gsi2pk is not null;
  create index items_expiry on items (tbl, expires_at) where expires_at is not null;

  create table outbox (
    seq integer primary key autoincrement,
    id text not null unique,
    subject text not null,
    state text not null check (state in ('pending', 'delivered', 'dead')),
    attempts integer not null,
    next_attempt_at integer not null,
    settled_at integer,
    reason text,
    event text not null
  ) strict;
  create index outbox_pending on outbox (seq) where state = 'pending';
  create index outbox_dead on outbox (seq) where state = 'dead';
  create index outbox_delivered on outbox (settled_at) where state = 'delivered';
  `,
]
