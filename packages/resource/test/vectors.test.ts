import { verifies } from '@crossgrant/testkit';
import { describe, expect, test } from 'vitest';
import { bodyOf, createWorld, idp2, mcpResource, payloadOf, tokenRequest, vectors, type World } from './support.ts';

/** The requirement or attack each entry is about; an entry without one is a plain test. */
const ids: Readonly<Record<string, readonly string[]>> = {
  'ok.bearer': ['RED-27', 'RED-30'],
  'ok.aud-array-one': ['RED-12', 'IDJ-03'],
  'ok.typ-application-prefix': ['IDJ-01'],
  'ok.no-resource-no-scope': ['RED-18', 'RED-20'],
  'ok.expired-within-skew': ['RED-11', 'ATK-45'],
  'ok.dpop-bound': ['DPO-03', 'DPO-09', 'RED-15'],
  'ok.unknown-claims': ['IDJ-20'],
  'bad.typ-jwt': ['RED-05', 'ATK-07'],
  'bad.typ-missing': ['RED-05', 'ATK-07', 'ATK-59'],
  'bad.typ-at-jwt': ['RED-05', 'ATK-08'],
  'bad.id-token-as-grant': ['RED-05', 'ATK-07'],
  'bad.alg-none': ['RED-07', 'ATK-03'],
  'bad.alg-hs256-with-pem': ['RED-07', 'ATK-04', 'LES-34'],
  'bad.jwk-header': ['ATK-05', 'RED-09'],
  'bad.jku-header': ['ATK-05', 'RED-09'],
  'bad.crit-unknown': ['RED-07', 'ATK-47'],
  'bad.signature-other-key': ['RED-09', 'ATK-06'],
  'bad.kid-unknown': ['RED-09', 'ATK-06', 'ATK-17'],
  'bad.issuer-untrusted': ['RED-08', 'ATK-16', 'ATK-20'],
  'bad.issuer-slash': ['RED-08', 'ATK-20'],
  'bad.aud-other': ['RED-12', 'ATK-01'],
  'bad.aud-token-endpoint': ['RED-12', 'ATK-01'],
  'bad.aud-slash': ['RED-12'],
  'bad.aud-two': ['RED-12', 'ATK-02'],
  'bad.aud-empty-array': ['RED-12', 'ATK-02'],
  'bad.client-id-other': ['RED-14', 'ATK-13'],
  'bad.client-id-missing': ['RED-10', 'ATK-13'],
  'bad.client-id-idp-side': ['RED-14', 'IDJ-04'],
  'bad.jti-missing': ['RED-10', 'IDJ-07'],
  'bad.jti-number': ['RED-10', 'IDJ-07', 'ATK-46'],
  'bad.exp-string': ['RED-10', 'ATK-46'],
  'bad.expired': ['RED-11', 'ATK-45'],
  'bad.iat-future': ['RED-11', 'ATK-45'],
  'bad.nbf-future': ['RED-11', 'IDJ-09', 'ATK-45'],
  'bad.lifetime-too-long': ['RED-11', 'ATK-44'],
  'bad.resource-foreign': ['RED-16', 'ATK-30', 'ATK-31'],
  'bad.resource-mixed': ['RED-16', 'ATK-30'],
  'bad.resource-fragment': ['RED-16', 'ATK-30'],
  'bad.scope-array': ['IDJ-11', 'ATK-46'],
  'bad.dpop-missing-proof': ['RED-15', 'DPO-04', 'ATK-33', 'LES-32'],
  'bad.dpop-other-key': ['RED-15', 'DPO-03', 'ATK-33', 'ATK-35', 'LES-32'],
  'bad.cnf-unknown-method': ['RED-15', 'DPO-08', 'ATK-33'],
  'bad.rar-unsupported-type': ['RED-21', 'ATK-32'],
  'bad.rar-not-array': ['RED-21', 'ATK-32'],
  'bad.crossissuer-sub': ['SUB-02', 'ATK-21'],
};

describe('signed vectors', () => {
  for (const entry of vectors.redemption) {
    const sentence = `${entry.name} → ${entry.expect}: ${entry.why}`;
    const body = (): Promise<void> => check(createWorld(), entry.name, entry.expect);
    const named = ids[entry.name];
    if (named === undefined) test(sentence, body);
    else verifies(named, sentence, body);
  }

  verifies(['DPO-05', 'ATK-35'], 'a proof for another endpoint is refused, also beside an unbound grant', async () => {
    const proof = vectors.dpop_proofs['proof.ras.wrong-htu'] ?? '';
    const request = tokenRequest(entryNamed('ok.bearer').assertion, { headers: [['dpop', proof]] });
    expect(bodyOf(await createWorld().server.token(request)).error).toBe('invalid_dpop_proof');
  });

  test('every entry runs', () => {
    expect(vectors.redemption).toHaveLength(49);
  });

  verifies(['RED-26', 'ATK-10'], 'ok.bearer presented twice is refused the second time', async () => {
    const world = createWorld();
    expect((await present(world, 'ok.bearer')).status).toBe(200);
    const second = await present(world, 'ok.bearer');
    expect({ status: second.status, error: bodyOf(second).error }).toEqual({ status: 400, error: 'invalid_grant' });
    expect(world.audit.at(-1)).toMatchObject({ outcome: 'refused', code: 'assertion/replayed', jti: 'jag-0001' });
  });

  verifies(
    ['RED-08', 'ATK-16'],
    'an untrusted issuer and a key link in the header cause no look-up of keys',
    async () => {
      const world = createWorld();
      await present(world, 'bad.issuer-untrusted');
      expect(world.keyLookUps).toEqual([]);
    },
  );

  verifies(
    ['RED-07', 'ATK-03', 'ATK-04'],
    'an algorithm that is not on the list is refused before keys are looked for',
    async () => {
      const world = createWorld();
      await present(world, 'bad.alg-none');
      await present(world, 'bad.alg-hs256-with-pem');
      expect(world.keyLookUps).toEqual([]);
    },
  );
});

function entryNamed(name: string): (typeof vectors.redemption)[number] {
  const entry = vectors.redemption.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`no vector ${name}`);
  return entry;
}

function present(world: World, name: string): ReturnType<World['server']['token']> {
  const { assertion, dpop } = entryNamed(name);
  const proof = dpop === undefined ? undefined : vectors.dpop_proofs[dpop];
  return world.server.token(tokenRequest(assertion, { headers: proof === undefined ? [] : [['dpop', proof]] }));
}

async function check(world: World, name: string, expected: string): Promise<void> {
  if (expected === '200-different-subject') return checkOtherSubject(world, name);
  const response = await present(world, name);
  const body = bodyOf(response);
  if (expected !== '200') {
    expect({ status: response.status, error: body.error }).toEqual({ status: 400, error: expected });
    return;
  }
  expect(response.status).toBe(200);
  const isBound = entryNamed(name).dpop !== undefined;
  expect(body.token_type).toBe(isBound ? 'DPoP' : 'Bearer');
  expect(body.resource).toBe(mcpResource);
  expect(payloadOf(body.access_token)).toMatchObject({
    aud: mcpResource,
    iss: vectors.config.ras_issuer,
    client_id: vectors.config.client_id_at_ras,
    ...(isBound ? { cnf: { jkt: vectors.dpop_jkt } } : {}),
  });
}

async function checkOtherSubject(world: World, name: string): Promise<void> {
  const first = payloadOf(bodyOf(await present(world, 'ok.bearer')).access_token);
  const response = await present(world, name);
  expect(response.status).toBe(200);
  const second = payloadOf(bodyOf(response).access_token);
  expect(second.sub).not.toBe(first.sub);
  expect(world.audit.at(-1)?.facts).toMatchObject({ issuer: idp2 });
}
