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
  /** When the person last signed on, in seconds since the epoch, and how, if the identity provider told. */
  readonly authTime?: number;
  readonly acr?: string;
  /** Changes with each sign-on: a token of an earlier sign-on does not stand in for one of a later. */
  readonly signOn: string;
  /** Changes with each write. `SessionStore.replace` compares it. */
  readonly revision: string;
  /** Which process refreshes the session at the moment, and until when the others leave it alone. */
  readonly refreshing?: { readonly by: string; readonly until: number };
}

/**
 * Keeps sessions by id, for one process or for many. A store that cannot keep must throw: a lost rotated refresh token
 * ends the sign-on. What was saved is what is loaded from then on, by every process. `@crossgrant/client/store-contract`
 * tells whether a store is right.
 */
export interface SessionStore {
  load(id: string): Promise<Session | undefined>;
  save(session: Session): Promise<void>;
  /**
   * Stores `next` if the session held under its id has the revision of `before`, and tells whether it did. Comparing and
   * storing are one step: `update … where id = ? and revision = ?`.
   */
  replace(before: Session, next: Session): Promise<boolean>;
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
    replace: async (before, next) => {
      if (sessions.get(before.id)?.revision !== before.revision) return false;
      sessions.set(next.id, next);
      return true;
    },
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

/** Tells whether the session was still the one to be replaced. */
export async function exchangeSession(store: SessionStore, before: Session, next: Session): Promise<boolean> {
  try {
    return await store.replace(before, next);
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
