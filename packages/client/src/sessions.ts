import { CrossgrantError, CrossgrantMisuse } from './errors.ts';

/**
 * One signed-in person of one identity provider, as the application stores it: on the server side, or in the secure
 * storage of the operating system. Never in browser storage, never in a log.
 */
export interface Session {
  readonly id: string;
  /** The issuer of the identity provider. */
  readonly issuer: string;
  readonly subject: string;
  readonly idToken?: string;
  /** Milliseconds since the epoch. */
  readonly idTokenExpiresAt?: number;
  readonly refreshToken?: string;
  /** The session id at the identity provider, if it told. */
  readonly sid?: string;
}

/**
 * Keeps sessions by id. A store that cannot keep must throw: a lost rotated refresh token ends the sign-on. What was
 * saved is what is loaded from then on: the client compares, so that a late refresh does not overwrite a new sign-on.
 */
export interface SessionStore {
  load(id: string): Promise<Session | undefined>;
  save(session: Session): Promise<void>;
  remove(id: string): Promise<void>;
  /** The ids of all sessions of a person, or of one session at the identity provider. */
  find(match: { readonly subject?: string; readonly sid?: string }): Promise<readonly string[]>;
}

/** The default store: sessions end with the process. */
export function createMemorySessions(): SessionStore {
  const sessions = new Map<string, Session>();
  return {
    load: async (id) => sessions.get(id),
    save: async (session) => void sessions.set(session.id, session),
    remove: async (id) => void sessions.delete(id),
    find: async (match) =>
      [...sessions.values()].filter((session) => fits(session, match)).map((session) => session.id),
  };
}

function fits(session: Session, match: { readonly subject?: string; readonly sid?: string }): boolean {
  if (match.subject === undefined && match.sid === undefined) return false;
  return (match.subject ?? session.subject) === session.subject && (match.sid ?? session.sid) === session.sid;
}

/** A store may turn the id into a path or a key, so an id is one plain word. */
export function requireSessionId(id: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) throw badSessionId(); // LES-94
  return id;
}

export async function saveSession(store: SessionStore, session: Session): Promise<void> {
  try {
    await store.save(session);
  } catch (error) {
    throw new CrossgrantError('token_store_failed', 'sign_on', { cause: error });
  }
}

export async function readSession(store: SessionStore, id: string): Promise<Session | undefined> {
  try {
    return await store.load(id);
  } catch (error) {
    throw new CrossgrantError('token_store_failed', 'sign_on', { cause: error });
  }
}

/** Nothing is left of the session when this returns. */
export async function removeSession(store: SessionStore, id: string): Promise<void> {
  try {
    await store.remove(id);
  } catch (error) {
    throw new CrossgrantError('token_store_failed', 'sign_on', { cause: error });
  }
}

export async function findSessions(
  store: SessionStore,
  match: { readonly subject?: string; readonly sid?: string },
): Promise<readonly string[]> {
  try {
    return await store.find(match);
  } catch (error) {
    throw new CrossgrantError('token_store_failed', 'sign_on', { cause: error });
  }
}

function badSessionId(): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/session-id',
    'A session id consists of letters, digits, hyphen and underscore, 128 at most.',
  );
}
