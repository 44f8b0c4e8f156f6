import type { Requirement } from '../requirement.ts';

/** RAR: rich authorization requests. */
// biome-ignore format: a table, one rule a line
export const rar: readonly Requirement[] = [
  { id: 'RAR-01', role: 'IDP', level: 'MUST', source: 'RFC 9396 §5; ID-JAG-04 §4.3.3', says: 'Parameter is JSON text of an array; each object has `type`; unknown type / missing or unexpected field / bad value → reject.', status: { deferred: 'rich authorization requests; until then details are refused, TEX-26 and RED-21' } },
  { id: 'RAR-02', role: 'IDP, RAS', level: 'MUST', source: 'ID-JAG-04 §4.3.3, §4.4.1', says: 'Process scope and details and resource when several are present; SHOULD keep them consistent; MAY derive one from another.', status: { deferred: 'rich authorization requests; until then details are refused, TEX-26 and RED-21' } },
  { id: 'RAR-03', role: 'IDP, RAS', level: 'MUST', ours: true, source: 'product', says: '"Narrower" is decided by a per-type comparator; without a comparator only equality is allowed. `locations`, if present, must be within the granted resources.', status: { deferred: 'rich authorization requests; until then details are refused, TEX-26 and RED-21' } },
  { id: 'RAR-04', role: 'RAS', level: 'MUST', source: 'ID-JAG-04 §4.4.1; RFC 9396 §7, §9', says: 'Return granted details in the token response; put them in the AT or introspection.', status: { deferred: 'rich authorization requests; until then details are refused, TEX-26 and RED-21' } },
  { id: 'RAR-05', role: 'AS', level: 'SHOULD', source: 'RFC 9396 §10', says: '`authorization_details_types_supported`.', status: { deferred: 'rich authorization requests; until then details are refused, TEX-26 and RED-21' } },
];
