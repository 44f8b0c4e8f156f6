import { problemCatalogue } from '../../packages/idp/src/admin/domain/problem.ts';
import { adminRoles, appOwnerFields, appOwnerRisks, reachOf } from '../../packages/idp/src/admin/domain/roles.ts';
import { adminApiDocument } from '../../packages/idp/src/admin/http/document.ts';
import { adminRoutes } from '../../packages/idp/src/admin/http/routes.ts';

const opening = '<!-- generated from packages/idp/src/admin: npm run docs -->';
const closing = '<!-- end of the generated part -->';

/** The pages of the admin API by path, given what is there now. */
export function adminPages(read: (path: string) => string): Readonly<Record<string, string>> {
  const page = read('docs/admin-api.md');
  const [start, end] = [page.indexOf(opening), page.indexOf(closing)];
  if (start === -1 || end === -1) throw new Error('docs/admin-api.md has lost the marks around its generated part.');
  return {
    'docs/admin-api.json': `${JSON.stringify(adminApiDocument(), null, 2)}\n`,
    'docs/admin-api.md': `${page.slice(0, start)}${opening}\n\n${tables()}\n\n${page.slice(end)}`,
  };
}

function tables(): string {
  return [
    '## Routes and roles',
    '',
    'Below `/admin/v1`. **all**: every object of the tenant; **own**: those of the apps the token names.',
    '',
    `| Route | What it does | Right | ${adminRoles.join(' | ')} |`,
    `|---|---|---|${adminRoles.map(() => '---').join('|')}|`,
    ...adminRoutes().map(
      ({ method, path, summary, right }) =>
        `| \`${method.toUpperCase()} ${path}\` | ${summary} | ${right} | ${adminRoles.map((role) => reachOf(role, right) ?? '').join(' | ')} |`,
    ),
    '',
    '## App owners',
    '',
    'An app owner needs the right on both ends of a connection to make, change or approve it; to block it, one end is enough.',
    '',
    `* On a client app they change ${listed(appOwnerFields.clientApp)}; on a resource app ${listed(appOwnerFields.resourceApp)}.`,
    `* A ceiling of theirs holds scopes of the risks ${listed(appOwnerRisks)} alone.`,
    '* They see decisions and issuances of their apps without the people in them, and no rules, people or keys.',
    '',
    '## Problems',
    '',
    '| Code | Status | Title |',
    '|---|---|---|',
    ...Object.entries(problemCatalogue).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`),
  ].join('\n');
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
