import type { Requirement } from '../requirement.ts';

/** ACT: actors. */
// biome-ignore format: a table, one rule a line
export const act: readonly Requirement[] = [
  { id: 'ACT-01', role: 'ALL', level: 'NOTE', source: 'ID-JAG-04 §4.3, §9.7', says: '-04 allows `actor_token` and `act` but defines no processing. Do not invent interoperable meaning.', status: { declined: 'states that the draft defines no processing' } },
  { id: 'ACT-02', role: 'RAS', level: 'MUST', source: 'ID-JAG-04 §4.4.1, §9.7', says: 'The authenticated client is not proof of the actor and vice versa; `sub` stays the resource owner.', status: 'enforced' },
  { id: 'ACT-03', role: 'RAS', level: 'MUST', ours: true, source: 'RFC 8693 §4.1', says: '`act` received: keep it (AT, introspection, audit) for display and policy; never grant more because of it; nested chain depth ≤ 4; malformed → reject `invalid_grant`.', status: 'enforced' },
  { id: 'ACT-04', role: 'IDP', level: 'MUST', ours: true, source: 'ID-JAG-04 §9.7; RFC 8693 §4.4', says: 'An actor profile, if enabled, validates the actor token (own issuer, audience, unexpired, bound to the authenticated client) and checks an explicit may-act policy (client, subject, actor).', status: { declined: 'no actor profile exists, an actor token is refused, TEX-24' } },
];
