import pg from 'pg';

/** Pool settings every connection shares: eight-byte integers arrive as numbers, nothing waits for longer than the store's patience. */
export function postgresSettings(url: string): pg.PoolConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
    keepAlive: true,
    application_name: 'crossgrant',
    types: { getTypeParser: parserFor as typeof pg.types.getTypeParser },
  };
}

/**
 * A pool whose lost connections are reported instead of ending the process: a connection in use has no listener of the
 * pool, and an error nobody listens to is fatal.
 */
export function createPostgresPool(settings: pg.PoolConfig, onLost: (error: unknown) => void): pg.Pool {
  const pool = new pg.Pool(settings);
  pool.on('error', onLost);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function parserFor(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === pg.types.builtins.INT8) return parseInteger;
  return pg.types.getTypeParser(oid, format as 'text');
}

function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('an integer of the database exceeds 2^53');
  return value;
}
