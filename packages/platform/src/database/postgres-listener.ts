import pg from 'pg';
import { postgresSettings } from './postgres-pool.ts';

export interface PostgresListener {
  close(): Promise<void>;
}

/**
 * Hears of changes made by other processes over one direct connection. A lost connection is replaced, and `onConnect`
 * runs each time, because what was said meanwhile was not heard. A pooler in transaction mode swallows the probe that
 * follows each connect; `onDeaf` is then told, and only the poll remains.
 */
export function createPostgresListener(options: {
  url: string;
  onNews: (scope: string, epoch: number) => void;
  onConnect: () => void;
  onProblem: (error: unknown) => void;
  onDeaf: () => void;
}): PostgresListener {
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const fresh = new pg.Client(postgresSettings(options.url));
    client = fresh;
    const probe = `probe ${Math.random()}`;
    const deaf = setTimeout(options.onDeaf, 3_000);
    deaf.unref();
    fresh.on('error', lost);
    fresh.on('end', lost);
    fresh.on('notification', ({ payload = '' }) => {
      if (payload === probe) clearTimeout(deaf);
      const news = /^(\d+) ([\s\S]+)$/.exec(payload);
      if (news?.[1] !== undefined && news[2] !== undefined) options.onNews(news[2], Number(news[1]));
    });
    try {
      await fresh.connect();
      await fresh.query('LISTEN crossgrant_epoch');
      await fresh.query("SELECT pg_notify('crossgrant_epoch', $1)", [probe]);
      options.onConnect();
    } catch (error) {
      clearTimeout(deaf);
      lost(error);
    }

    function lost(error?: unknown): void {
      if (client !== fresh) return;
      client = undefined;
      clearTimeout(deaf);
      if (isClosed) return;
      if (error !== undefined) options.onProblem(error);
      fresh.end().catch(() => undefined);
      retry = setTimeout(connect, 500);
      retry.unref();
    }
  }

  void connect();
  return {
    async close() {
      isClosed = true;
      clearTimeout(retry);
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}
