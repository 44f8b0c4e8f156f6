import type { Requirement } from '../requirement.ts';

/** SCM: SCIM 2.0. */
// biome-ignore format: a table, one rule a line
export const scm: readonly Requirement[] = [
  { id: 'SCM-01', role: 'RAS', level: 'MUST', when: 'offered', source: 'RFC 7644 §3.1', says: '`/Users`, `/Groups`, `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`; media type `application/scim+json` (accept `application/json`).', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-02', role: 'RAS', level: 'MUST', source: 'RFC 7643 §4.1', says: 'User: `schemas`, server-assigned immutable `id`, `externalId` (client-assigned), `userName` unique case-insensitively per tenant, `active`, `emails`, `name`, `meta{resourceType,created,lastModified,location,version}`.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-03', role: 'RAS', level: 'MUST', source: 'RFC 7644 §3', says: 'POST 201 + `Location`; GET; PUT replace; PATCH with `Operations` (`add`, `remove`, `replace`; case-insensitive op as sent by some IdPs), 200 or 204; DELETE 204.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-04', role: 'RAS', level: 'MUST', source: 'RFC 7644 §3.4.2', says: 'Filter at least `eq` on `userName`, `externalId`, `emails.value`, `id`, `displayName`, with `and`; others → 400 `invalidFilter`. 1-based `startIndex`, `count`, `totalResults`, `itemsPerPage`. Cursor paging MAY.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-05', role: 'RAS', level: 'MUST', source: 'RFC 7644 §3.12', says: 'Errors: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":…}`; `status` is a string.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-06', role: 'RAS', level: 'SHOULD', source: 'RFC 7644 §3.14', says: 'ETag: `meta.version`, `If-Match` → 412.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-07', role: 'RAS', level: 'MUST', source: 'RFC 7644 §2; product', says: 'Authentication per tenant credential; the tenant comes from the credential, never from the path alone or the payload.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-08', role: 'RAS', level: 'MUST', ours: true, source: 'product', says: '`active:false` (also the string `"False"` that one large IdP sends) or DELETE: revoke all tokens, set watermark (REV-12), refuse ID-JAG with `access_denied`. Reactivation does not revive tokens.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-09', role: 'RAS', level: 'MUST', ours: true, source: 'product', says: 'Link SCIM and XAA: `externalId` = IdP `sub` (configurable attribute) → account key (`iss`,`tenant`,`sub`); RAS `id` can serve as `aud_sub`.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-10', role: 'RAS', level: 'SHOULD', source: 'RFC 7643 §4.2', says: 'Groups: `displayName`, `members[{value,$ref,type}]`; PATCH add/remove single members by `members[value eq "…"]`; large groups without full rewrite. Group → role → scope entitlement mapping is local policy.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-11', role: 'IDP', level: 'MUST', when: 'offered', source: 'RFC 7644', says: 'SCIM client: create/update/deactivate assigned users, retry with backoff, never send passwords, honour `ServiceProviderConfig`.', status: { deferred: 'SCIM provisioning' } },
  { id: 'SCM-12', role: 'RAS', level: 'MUST NOT', ours: true, source: 'product', says: "let SCIM change the account's issuer link or tenant.", status: { deferred: 'SCIM provisioning' } },
];
