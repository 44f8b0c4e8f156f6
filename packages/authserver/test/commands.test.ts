import { findAudit } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { RunningAuthServer } from '../src/start-auth-server.ts';
import { clientId, configFor, idp, newFolder, nowMs, type Served, serve } from './support.ts';

const folder = newFolder();
const running: Served[] = [];
let count = 0;

afterEach(async () => {
  await Promise.all(running.splice(0).map((served) => served.close()));
});
afterAll(() => folder.remove());

async function start(): Promise<Served> {
  const served = await serve(configFor(folder.path(`commands-${count++}.db`)));
  running.push(served);
  return served;
}

const act = { actor: 'usr_admin', reason: 'offboarded' };
const signedInAt = (secondsFromNow: number): Record<string, unknown> => ({ auth_time: nowMs / 1000 + secondsFromNow });

type Commands = RunningAuthServer['commands'];
const restrictions: Readonly<
  Record<string, readonly [(commands: Commands, accountId: string) => Promise<unknown>, string]>
> = {
  blockClient: [(commands) => commands.blockClient(clientId, act), 'invalid_client'],
  disableIssuer: [(commands) => commands.disableIssuer(idp, act), 'invalid_grant'],
  disableAccount: [
    (commands, accountId) => commands.disableAccount({ customerId: 'default', accountId }, act),
    'access_denied',
  ],
  revokeAccount: [
    (commands, accountId) => commands.revokeAccount({ customerId: 'default', accountId }, act),
    'invalid_grant',
  ],
};

for (const [name, [restrict, error]] of Object.entries(restrictions)) {
  verifies(['LES-20', 'REV-12'], `${name}: the live token ends, and the next grant is refused, at once`, async () => {
    const served = await start();
    const token = String((await served.redeem()).body.access_token);
    const live = await served.introspect(token);
    expect(live.active).toBe(true);

    await restrict(served.running.commands, String(live.sub));
    expect(await served.introspect(token)).toEqual({ active: false });
    expect((await served.redeem()).body.error).toBe(error);
  });
}

verifies(
  ['REV-12', 'LES-75', 'ATK-48'],
  'after a revocation a sign-on of the same second is refused, one of a later second is fine',
  async () => {
    const served = await start();
    const { sub } = await served.introspect(String((await served.redeem()).body.access_token));
    served.at(0.3);
    await served.running.commands.revokeAccount({ customerId: 'default', accountId: String(sub) }, act);
    served.at(10);
    expect((await served.redeem(signedInAt(0))).body.error).toBe('invalid_grant');
    expect((await served.redeem(signedInAt(1))).body.error).toBe('invalid_grant');
    expect((await served.redeem(signedInAt(2))).status).toBe(200);
  },
);

verifies(['LES-20', 'REV-12'], 'what was lifted works again, for a fresh sign-on', async () => {
  const served = await start();
  const { commands } = served.running;
  const accountId = String((await served.introspect(String((await served.redeem()).body.access_token))).sub);
  await commands.blockClient(clientId, act);
  await commands.unblockClient(clientId, act);
  await commands.disableIssuer(idp, act);
  await commands.enableIssuer(idp, act);
  await commands.disableAccount({ customerId: 'default', accountId }, act);
  await commands.enableAccount({ customerId: 'default', accountId }, act);
  served.at(10);
  expect((await served.redeem()).body.error).toBe('invalid_grant');
  expect((await served.redeem(signedInAt(5))).status).toBe(200);
});

verifies('ADM-04', 'each command leaves one audit row with who and why, in the change itself', async () => {
  const served = await start();
  const done = await served.running.commands.blockClient(clientId, act);
  expect(done.isKnown).toBe(true);
  const row = await findAudit(served.running.database, 'ras', done.id);
  expect(row).toMatchObject({
    kind: 'change',
    outcome: 'done',
    code: 'client/blocked',
    facts: { key: clientId, reason: 'offboarded' },
  });
});

test('a command that names nothing known changes nothing and says so', async () => {
  const served = await start();
  const { commands } = served.running;
  expect((await commands.blockClient('nobody', act)).isKnown).toBe(false);
  expect((await commands.disableIssuer('https://nobody.example', act)).isKnown).toBe(false);
  expect((await commands.revokeAccount({ customerId: 'other', accountId: 'acc' }, act)).isKnown).toBe(false);
});

verifies(['LES-20', 'LES-24', 'ATK-48'], 'no redemption that races a revocation leaves a live token', async () => {
  const served = await start();
  const accountId = String((await served.introspect(String((await served.redeem()).body.access_token))).sub);
  for (let round = 0; round < 5; round++) {
    const racing = Array.from({ length: 10 }, () => served.redeem(signedInAt(round * 10 - 5)));
    await served.running.commands.revokeAccount({ customerId: 'default', accountId }, act);
    const answers = await Promise.all([...racing, served.redeem(signedInAt(round * 10 - 5))]);
    expect(answers.at(-1)?.status).toBe(400);
    for (const { body } of answers) {
      if (body.access_token !== undefined)
        expect(await served.introspect(String(body.access_token))).toEqual({ active: false });
    }
    served.at((round + 1) * 10);
  }
});
