import { Misuse, takeStatedState } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import { verify } from '@node-rs/argon2';
import type { Transaction } from 'kysely';
import { endSessionsOfPerson } from '../sessions/end-sessions.ts';
import { changeTenant, type IdentityDatabase, queries } from '../store/identity-database.ts';
import type { IdentitySchema, UserRow } from '../store/schema.ts';
import { setGroupsOfPerson } from './groups.ts';
import { normalizeLoginIdentifier } from './login-identifier.ts';
import { hashPassword, passwordProblem } from './password.ts';
import { type Person, readPeople } from './person.ts';

/**
 * A person as an operator writes one. What is left out stays as it is, or takes its default at first; a state that was
 * stated before does not undo what an administrator did since. A new address is not verified unless it says so.
 */
export interface PersonInput {
  /** The stable key. */
  readonly username: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly name?: string;
  readonly password?: string;
  /** Exactly these groups; they are made when missing. */
  readonly groups?: readonly string[];
  readonly state?: 'active' | 'disabled';
}

/**
 * Makes or changes the person of a user name. A new password and a disabled state end every session, so that nothing
 * obtained before them is renewed. Writes nothing when nothing differs.
 */
export async function upsertPerson(
  database: IdentityDatabase,
  tenantId: string,
  input: PersonInput,
  now: number,
): Promise<{ readonly id: string; readonly isChanged: boolean }> {
  const login = readLoginNames(input);
  const known = await readKnown(database, tenantId, login.username);
  const passwordHash = await newPasswordHash(input, known?.row.password_hash ?? undefined);
  if (known !== undefined && passwordHash === undefined && isSame(known.person, known.row, input))
    return { id: known.person.id, isChanged: false };

  return changeTenant(database, tenantId, async (trx, epoch, audit) => {
    const { id, isNew, state, changed } = await writePerson(trx, { tenantId, input, passwordHash, now, epoch });
    audit({
      id: newId('aud', now),
      scope: tenantId,
      at: now,
      kind: 'change',
      outcome: 'done',
      code: isNew ? 'person/added' : 'person/changed',
      facts: { state, changed },
      personal: { person: id },
    });
    return { id, isChanged: true };
  });
}

/** Writes the person of a user name, inside a change that records who makes it. */
export async function writePerson(
  trx: Transaction<IdentitySchema>,
  change: {
    readonly tenantId: string;
    readonly input: PersonInput;
    /** Of `newPasswordHash`; undefined leaves the password as it is. */
    readonly passwordHash: string | undefined;
    readonly now: number;
    readonly epoch: number;
  },
): Promise<{
  readonly id: string;
  readonly isNew: boolean;
  readonly state: UserRow['state'];
  readonly changed: readonly string[];
}> {
  const { tenantId, input, passwordHash, now, epoch } = change;
  const login = readLoginNames(input);
  const row = await findRow(trx, tenantId, login.username);
  const id = row?.id ?? newId('usr', now);
  const next = nextRow(row, { id, tenantId, input, passwordHash, now, epoch });
  if (row === undefined) await trx.insertInto('users').values(next).execute();
  else
    await trx
      .updateTable('users')
      .set(changedColumns(next, passwordHash !== undefined))
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .execute();
  await writeLoginNames(trx, tenantId, id, next, login);
  if (input.groups !== undefined)
    await setGroupsOfPerson(trx, { tenantId, userId: id, names: input.groups, now, epoch });
  if (next.state === 'disabled' || (row !== undefined && passwordHash !== undefined)) {
    await endSessionsOfPerson(trx, { tenantId, userId: id, now, epoch });
  }
  return { id, isNew: row === undefined, state: next.state, changed: changedNames(row, next, input) };
}

/** Ends everything a person signed on to before now: sessions, refresh tokens, and what rests on them. */
export function revokePerson(database: IdentityDatabase, tenantId: string, userId: string, now: number): Promise<void> {
  return changeTenant(database, tenantId, async (trx, epoch) => {
    await trx
      .updateTable('users')
      .set({ revoked_before: now, version: epoch }) // LES-20
      .where('tenant_id', '=', tenantId)
      .where('id', '=', userId)
      .execute();
    await endSessionsOfPerson(trx, { tenantId, userId, now, epoch });
  });
}

interface LoginNames {
  readonly username: string;
  readonly email: string | undefined;
}

function readLoginNames(input: PersonInput): LoginNames {
  const username = normalizeLoginIdentifier(input.username);
  const email = input.email === undefined ? undefined : normalizeLoginIdentifier(input.email);
  if (username === undefined)
    throw new Misuse(
      'person/username',
      `The user name "${input.username}" is empty, too long, or no address although it has an @.`,
    );
  if (input.email !== undefined && email?.includes('@') !== true)
    throw new Misuse('person/email', `The e-mail of ${input.username} must be one address with one @.`);
  return { username, email };
}

/** The hash to store for a password of the input, or nothing when it has none or the stored one is of the same password. */
export async function newPasswordHash(input: PersonInput, stored?: string): Promise<string | undefined> {
  if (input.password === undefined) return undefined;
  if (passwordProblem(input.password) !== undefined)
    throw new Misuse('person/password', `The password of ${input.username} is empty or longer than 1024 bytes.`);
  if (stored !== undefined && (await verify(stored, input.password.normalize('NFC')))) return undefined;
  return hashPassword(input.password);
}

async function findRow(
  kysely: Transaction<IdentitySchema> | ReturnType<typeof queries>,
  tenantId: string,
  username: string,
): Promise<UserRow | undefined> {
  return kysely
    .selectFrom('users')
    .innerJoin('login_identifiers', 'login_identifiers.user_id', 'users.id')
    .selectAll('users')
    .where('login_identifiers.tenant_id', '=', tenantId)
    .where('login_identifiers.identifier', '=', username)
    .where('login_identifiers.kind', '=', 'username')
    .executeTakeFirst();
}

async function readKnown(
  database: IdentityDatabase,
  tenantId: string,
  username: string,
): Promise<{ row: UserRow; person: Person } | undefined> {
  const row = await findRow(queries(database), tenantId, username);
  if (row === undefined) return undefined;
  const [person] = await readPeople(queries(database), tenantId, { id: row.id });
  return person === undefined ? undefined : { row, person };
}

function isSame(person: Person, row: UserRow, input: PersonInput): boolean {
  const wanted = nextRow(row, {
    id: row.id,
    tenantId: row.tenant_id,
    input,
    passwordHash: undefined,
    now: row.created_at,
    epoch: row.version,
  });
  const isRowEqual = (Object.keys(wanted) as (keyof UserRow)[]).every((column) => wanted[column] === row[column]);
  const groups = input.groups === undefined ? person.groups : [...new Set(input.groups)].sort();
  return isRowEqual && groups.join('\n') === [...person.groups].sort().join('\n');
}

interface RowChange {
  readonly id: string;
  readonly tenantId: string;
  readonly input: PersonInput;
  readonly passwordHash: string | undefined;
  readonly now: number;
  readonly epoch: number;
}

function nextRow(row: UserRow | undefined, change: RowChange): UserRow {
  const { input, passwordHash } = change;
  const isReset = row !== undefined && passwordHash !== undefined;
  return {
    id: change.id,
    tenant_id: change.tenantId,
    username: input.username.normalize('NFKC').trim(),
    email: input.email ?? row?.email ?? null,
    email_verified: Number(isVerified(input, row)),
    name: input.name ?? row?.name ?? null,
    ...takeStatedState(row, input.state, 'active'),
    password_hash: passwordHash ?? row?.password_hash ?? null,
    revoked_before: isReset ? change.now : (row?.revoked_before ?? null),
    failed_sign_ons: isReset ? 0 : (row?.failed_sign_ons ?? 0),
    locked_until: isReset ? null : (row?.locked_until ?? null),
    created_at: row?.created_at ?? change.now,
    version: change.epoch,
  };
}

function isVerified(input: PersonInput, row: UserRow | undefined): boolean {
  if (input.emailVerified !== undefined) return input.emailVerified;
  if (!isSameAddress(input, row)) return false; // SUB-08
  return row?.email_verified === 1;
}

function isSameAddress({ email }: PersonInput, row: UserRow | undefined): boolean {
  const stored = row?.email ?? undefined;
  if (email === undefined || stored === undefined) return email === undefined;
  return normalizeLoginIdentifier(email) === normalizeLoginIdentifier(stored);
}

/** What changed, by name; the values are the person's own. */
function changedNames(row: UserRow | undefined, next: UserRow, { groups }: PersonInput): readonly string[] {
  const columns = ['email', 'email_verified', 'name', 'state', 'password_hash'] as const;
  return [...columns.filter((column) => row?.[column] !== next[column]), ...(groups === undefined ? [] : ['groups'])];
}

/** The count of tries belongs to those who sign on; only a new password resets it. */
function changedColumns(next: UserRow, isReset: boolean): Partial<UserRow> {
  const { failed_sign_ons: _tries, locked_until: _lock, ...changing } = next;
  return isReset ? next : changing;
}

async function writeLoginNames(
  trx: Transaction<IdentitySchema>,
  tenantId: string,
  userId: string,
  next: UserRow,
  login: LoginNames,
): Promise<void> {
  const email = login.email ?? (next.email === null ? undefined : normalizeLoginIdentifier(next.email));
  const names = new Map<string, 'username' | 'email'>();
  if (email !== undefined) names.set(email, 'email');
  names.set(login.username, 'username');

  await trx.deleteFrom('login_identifiers').where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute();
  for (const [identifier, kind] of names) {
    const inserted = await trx
      .insertInto('login_identifiers')
      .values({ tenant_id: tenantId, identifier, kind, user_id: userId })
      .onConflict((conflict) => conflict.columns(['tenant_id', 'identifier']).doNothing())
      .returning('user_id')
      .executeTakeFirst();
    if (inserted === undefined) throw new Misuse('person/name-taken', `${identifier} already signs somebody else on.`);
  }
}
