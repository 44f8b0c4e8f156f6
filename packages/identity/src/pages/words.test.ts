import { expect, test } from 'vitest';
import {
  type MessageCode,
  renderDecisionPage,
  renderErrorPage,
  renderSignedOutPage,
  renderSignOutPage,
} from './message-pages.ts';
import { renderSignOnPage, type SignOnProblem } from './sign-on-page.ts';

const facts = { tenantName: 'Acme', issuer: 'https://idp.example', id: 'aud_1' };
const form = { ...facts, action: '/x', clientName: 'Agent' };

const codes: Record<MessageCode, true> = {
  invalid_request: true,
  invalid_client: true,
  invalid_redirect_uri: true,
  sign_on_gone: true,
  foreign_origin: true,
  access_denied: true,
  not_found: true,
  server_error: true,
  temporarily_unavailable: true,
};
const problems: Record<SignOnProblem, true> = { 'no-match': true, disabled: true, empty: true, busy: true };

test('every page has one word for one act: people sign on, and nowhere in', async () => {
  const pages = await Promise.all([
    ...Object.keys(codes).map((code) => renderErrorPage(code, facts)),
    ...Object.keys(problems).map((problem) =>
      renderSignOnPage({ ...form, clientHost: 'app.example', username: 'a', problem: problem as SignOnProblem }),
    ),
    renderSignOnPage({ ...form, clientHost: 'app.example', username: 'a', present: 'alice' }),
    renderSignOutPage({ ...form, xsrf: 'x' }),
    renderSignedOutPage({ ...facts, isSignedOut: true }),
    renderSignedOutPage({ ...facts, isSignedOut: false }),
  ]);
  for (const page of pages) expect(page).not.toMatch(/\bsign(?:ed|s|ing)?[- ](?:people )?in\b/i);
});

test('the page of a decision says the id once, in the command that explains it', async () => {
  const page = await renderDecisionPage(facts);
  expect(page).toContain('npx crossgrant explain aud_1');
  expect(page.split('aud_1')).toHaveLength(2);
});
