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

function parserFor(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === pg.types.builtins.INT8) return parseInteger;
  return pg.types.getTypeParser(oid, format as 'text');
}

function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('an integer of the database exceeds 2^53');
  return value;
}
