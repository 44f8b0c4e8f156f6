import { newId } from '@crossgrant/protocol';
import { findPersonByLogin, type Person } from '../people/person.ts';
import { settleTries, takeTry } from '../people/sign-on-attempts.ts';
import { queries } from '../store/identity-database.ts';
import type { SignOnDeps } from './deps.ts';
import { signOnSeconds } from './live-person.ts';
import { recordUnproven } from './unproven.ts';

export interface PasswordAttempt {
  readonly username: string;
  readonly password: string;
  readonly address: string | undefined;
  readonly clientId: string | undefined;
}

interface Wrong {
  readonly isRight: false;
  readonly problem: 'no-match' | 'disabled' | 'busy';
}

export type PasswordCheck = { readonly isRight: true; readonly userId: string; readonly authTime: number } | Wrong;

/**
 * Checks a name and password. The name is resolved to an account first, the account's try is taken before the password is
 * looked at, and the account is asked once more before anybody is signed on. A name nobody has, a locked account and a
 * wrong password cost the same and answer the same.
 */
export async function checkPassword(deps: SignOnDeps, attempt: PasswordAttempt): Promise<PasswordCheck> {
  if (deps.passwords.isBusy()) return { isRight: false, problem: 'busy' };
  const person = await findPersonByLogin(deps.database, deps.tenantId, attempt.username);
  const mayTry = person !== undefined && (await takeTry(deps.database, person, deps.clock()));
  const stored = person === undefined || !mayTry ? undefined : await passwordHashOf(deps, person.id);
  const isRight = await deps.passwords.matches(stored, attempt.password);

  if (person === undefined) return refuseUnknown(deps, attempt);
  if (!mayTry) return refuse(deps, attempt, person, 'account-locked');
  if (!isRight) return refuse(deps, attempt, person, 'wrong-password');
  const isActive = await settleTries(deps.database, person);
  if (!isActive) return { ...(await refuse(deps, attempt, person, 'person-disabled')), problem: 'disabled' }; // LES-05, LES-20
  return { isRight: true, userId: person.id, authTime: await signOnSeconds(deps, person) };
}

async function passwordHashOf(deps: SignOnDeps, userId: string): Promise<string | undefined> {
  const row = await queries(deps.database)
    .selectFrom('users')
    .select('password_hash')
    .where('tenant_id', '=', deps.tenantId)
    .where('id', '=', userId)
    .executeTakeFirst();
  return row?.password_hash ?? undefined;
}

async function refuseUnknown(deps: SignOnDeps, attempt: PasswordAttempt): Promise<Wrong> {
  const { clientId: client, address = '' } = attempt;
  const id = newId('aud', deps.clock());
  await recordUnproven(deps, { id, kind: 'sign_on', code: 'sign-on/name-unknown', client, address });
  return { isRight: false, problem: 'no-match' };
}

/** The attempt is on record before it is answered; what was typed as a password is not. */
async function refuse(deps: SignOnDeps, attempt: PasswordAttempt, person: Person, because: string): Promise<Wrong> {
  await deps.database.commits.audit({
    id: newId('aud', deps.clock()),
    scope: deps.tenantId,
    at: deps.clock(),
    kind: 'sign_on',
    outcome: 'deny',
    code: `sign-on/${because}`,
    client: attempt.clientId,
    personal: { person: person.id, username: person.username, address: attempt.address },
  });
  return { isRight: false, problem: 'no-match' };
}
