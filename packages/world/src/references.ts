import type { Mistake, Path } from './read-yaml.ts';
import { checkAuthServer } from './references/authserver.ts';
import { checkBetweenServers } from './references/between-servers.ts';
import { checkParties } from './references/parties.ts';
import { checkPolicy } from './references/policy.ts';
import { type Report, unique } from './references/report.ts';
import { checkRules } from './references/rules.ts';
import type { World } from './schema/world.ts';

/** What one section of a file says about another: names that must exist, and keys that must be unique. */
export function checkReferences(world: World): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const report = (path: Path, sentence: string): void => void mistakes.push({ path, sentence });
  checkPeople(world, report);
  checkPolicy(world, report);
  checkRules(world, report);
  checkAuthServer(world, report);
  checkBetweenServers(world, report);
  checkParties(world, report);
  return mistakes;
}

function checkPeople(world: World, report: Report): void {
  const { idp } = world;
  if (idp === undefined) return;
  if (idp.publicClients && !idp.clientMetadataDocuments)
    report(['idp', 'publicClients'], 'needs idp.clientMetadataDocuments: only a client with a document may be public.');
  unique(
    idp.people.map((person) => person.username.toLowerCase()),
    (index) => ['idp', 'people', index, 'username'],
    'this username is given twice.',
    report,
  );
}
