import { html } from 'hono/html';
import { type Markup, refusedBox, renderPage, shorten } from './page.ts';

export type SignOnProblem = 'no-match' | 'disabled' | 'empty' | 'busy';

export interface SignOnPage {
  readonly tenantName: string;
  readonly issuer: string;
  readonly clientName: string;
  /** Host the answer goes to: a name that an app gave itself is followed by it. */
  readonly clientHost: string | undefined;
  readonly action: string;
  /** Who is signed on in this browser and asked to sign on again. */
  readonly present?: string;
  readonly username: string;
  readonly problem?: SignOnProblem;
}

/** The form that asks for name and password. Works without script. */
export function renderSignOnPage(page: SignOnPage): Promise<string> {
  const { problem, username } = page;
  const isTyped = username !== '';
  const where = page.clientHost === undefined ? '' : html` (<bdi>${page.clientHost}</bdi>)`;
  const wrong =
    problem === 'no-match' || problem === 'empty' ? html` aria-invalid="true" aria-describedby="refused"` : '';
  return renderPage({
    title: page.present === undefined ? 'Sign on' : 'Sign on again',
    tenantName: page.tenantName,
    issuer: page.issuer,
    content: html`${leadOf(page, where)}
${problem === undefined ? '' : refusedBox(problemSentences[problem])}
<form method="post" action="${page.action}">
<label for="username">User name or e-mail</label>
<input id="username" name="username" type="text" value="${username}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="320" required${wrong}${isTyped ? '' : html` autofocus`}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${wrong}${isTyped ? html` autofocus` : ''}>
<button type="submit">Sign on</button>
<button class="plain" type="submit" name="cancel" value="1" formnovalidate>Cancel</button>
</form>`,
  });
}

/** Somebody else's password is good too, and ends what is there: whoever is at the keyboard shall know. */
function leadOf({ clientName, present }: SignOnPage, where: Markup | ''): Markup {
  const app = html`<strong><bdi>${shorten(clientName)}</bdi></strong>${where}`;
  if (present === undefined)
    return html`<h1>Sign on</h1>
<p class="lead">${app} asks who you are.</p>`;
  return html`<h1>Sign on again</h1>
<p class="lead">${app} asks you to confirm that it is you. You are signed on as <strong><bdi>${shorten(present)}</bdi></strong>; another name ends that sign-on.</p>`;
}

/**
 * The first sentence is the same for a wrong password, a name nobody has and a paused account: a page that told them
 * apart would list the company's people.
 */
const problemSentences: Record<SignOnProblem, string> = {
  'no-match':
    'This name and password do not match. After 5 wrong tries an account takes none for 15 minutes. Forgotten? Your IT can set a new password.',
  disabled: 'This account is switched off. Your IT can switch it on again.',
  empty: 'Type both your name and your password.',
  busy: 'Too many people are signing on at this moment. Nothing was checked. Try again in a few seconds.',
};
