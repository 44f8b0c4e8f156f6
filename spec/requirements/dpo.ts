import type { Requirement } from '../requirement.ts';

/** DPO: sender constraint. */
// biome-ignore format: a table, one rule a line
export const dpo: readonly Requirement[] = [
  { id: 'DPO-01', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §9.8.1.1; RFC 9449', says: 'Proof present at exchange: validate per RFC 9449 §4.3: exactly one `DPoP` header, `typ` `dpop+jwt`, asymmetric `alg` from the advertised list, public `jwk` only, signature, `htm`=`POST`, `htu`= token endpoint (query/fragment ignored), `iat` within window (±60 s), `jti` unseen, nonce if demanded.', status: 'enforced' },
  { id: 'DPO-02', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §9.8.1.1', says: 'Valid → `cnf.jkt` in the ID-JAG (RFC 7638 SHA-256). No proof → no `cnf`. Never ignore a proof silently.', status: 'enforced' },
  { id: 'DPO-03', role: 'RAS', level: 'MUST', source: 'ID-JAG-04 §9.8.1.2.1', says: '`cnf` + proof: validate the proof, compare thumbprints; SHOULD bind the AT to the same key.', status: 'enforced' },
  { id: 'DPO-04', role: 'RAS', level: 'MUST', source: 'ID-JAG-04 §9.8.1.2.2', says: '`cnf` without proof → reject.', status: 'enforced' },
  { id: 'DPO-05', role: 'RAS', level: 'MUST', source: 'ID-JAG-04 §9.8.1.2.3', says: 'Proof without `cnf`: validate; MAY bind the AT (Crossgrant does).', status: 'enforced' },
  { id: 'DPO-06', role: 'RAS', level: 'MUST', source: 'ID-JAG-04 §9.8.1.2.4', says: 'Neither, but the resource demands bound tokens → reject.', status: 'enforced' },
  { id: 'DPO-07', role: 'RAS', level: 'MUST', ours: true, source: 'ID-JAG-04 example vs JWT-DPoP draft, AMB-07', says: 'Accept `grant_type` jwt-bearer with a `DPoP` header, and `grant_type` jwt-dpop as a synonym that additionally requires `cnf` and proof. Advertise jwt-dpop only if enabled.', status: 'enforced' },
  { id: 'DPO-08', role: 'RAS', level: 'MUST', ours: true, source: 'AMB-07; PR-6', says: '`cnf` shapes understood: `jkt`; `jwk` (compute its thumbprint). Anything else, or an empty object → reject.', status: 'enforced' },
  { id: 'DPO-09', role: 'RAS', level: 'MUST', source: 'RFC 9449 §6', says: 'Bound AT: `token_type` `DPoP`, `cnf.jkt` in JWT or introspection.', status: 'enforced' },
  { id: 'DPO-10', role: 'RS', level: 'SHOULD', source: 'RFC 9728 §2', says: 'PRM `dpop_bound_access_tokens_required`, `dpop_signing_alg_values_supported`.', status: 'enforced' },
  { id: 'DPO-11', role: 'AS', level: 'MUST', source: 'RFC 9449 §5.2', says: 'Client metadata `dpop_bound_access_tokens: true` → refuse token requests without proof.', status: 'enforced' },
  { id: 'DPO-12', role: 'CL', level: 'MUST', source: 'RFC 9449', says: 'A fresh proof (new `jti`, right `htu`) for each of the three endpoints; same key on both legs.', status: 'enforced' },
];
