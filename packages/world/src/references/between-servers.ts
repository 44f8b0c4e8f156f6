import { looksLikeMetadataUrl } from '@crossgrant/protocol';
import type { World } from '../schema/world.ts';
import { known, type Report } from './report.ts';

/** What the policy of our IdP and our authorization server must say alike, in a file that holds both. */
export function checkBetweenServers({ idp, policy, authserver }: World, report: Report): void {
  if (policy === undefined || authserver === undefined) return;
  const issuers = authserver.trustedIssuers.map(({ issuer }) => issuer);
  const clients = authserver.clients.map(({ id }) => id);
  for (const [index, app] of policy.resourceApps.entries())
    checkIssuer(app, authserver, (sentence) => report(['policy', 'resourceApps', index, 'issuer'], sentence));
  const ours = policy.resourceApps.find(({ issuer }) => issuer === authserver.issuer);
  if (ours === undefined) return;
  for (const [index, { client, resourceApp, resourceClientId = client }] of policy.connections.entries()) {
    if (resourceApp !== ours.id) continue;
    if (looksLikeMetadataUrl(resourceClientId) && authserver.clientMetadataDocuments !== undefined) continue;
    const path = ['policy', 'connections', index, 'resourceClientId'];
    known(resourceClientId, clients, path, 'authserver.clients has no', report);
  }
  const trusted = authserver.trustedIssuers.findIndex(({ issuer }) => issuer === idp?.issuer);
  const accepted = authserver.trustedIssuers[trusted]?.algorithms;
  if (accepted?.includes(ours.signingAlgorithm) === false)
    report(
      ['authserver', 'trustedIssuers', trusted, 'algorithms'],
      `lacks ${ours.signingAlgorithm}, with which the ID-JAGs for ${ours.id} are signed.`,
    );
  if (idp !== undefined)
    known(idp.issuer, issuers, ['authserver', 'trustedIssuers'], 'there is no entry for idp.issuer', report);
}

type ResourceApp = NonNullable<World['policy']>['resourceApps'][number];
type AuthServer = NonNullable<World['authserver']>;

/** An issuer is compared to the letter, so one that only looks like ours names nobody. RFC 8414 §2. */
function checkIssuer(app: ResourceApp, authserver: AuthServer, report: (sentence: string) => void): void {
  if (app.issuer === authserver.issuer) return;
  const isSlashAway = app.issuer.replace(/\/$/, '') === authserver.issuer.replace(/\/$/, '');
  const shared = app.resources.find((one) =>
    authserver.resources.some(({ identifier }) => identifier === one.identifier),
  )?.identifier;
  if (isSlashAway) report(`differs from authserver.issuer by a slash at the end; write ${authserver.issuer}.`);
  else if (shared !== undefined)
    report(`is not authserver.issuer, whose resource ${shared} this app names; write ${authserver.issuer}.`);
}
