import { html } from 'hono/html';
import { type Markup, refusedBox, renderPage, shorten } from './page.ts';

interface PageFacts {
  readonly tenantName: string;
  readonly issuer: string;
}

export type MessageCode = keyof typeof messages;

/** Prints the catalogue's words for a code and nothing of the request. */
export function renderErrorPage(code: string, facts: PageFacts & { readonly id: string }): Promise<string> {
  const message = Object.hasOwn(messages, code) ? messages[code as MessageCode] : messages.invalid_request; // LES-17
  return renderPage({
    title: message.title,
    tenantName: facts.tenantName,
    issuer: facts.issuer,
    id: facts.id,
    content: html`<h1>${message.title}</h1>
${refusedBox(message.what)}
<p>${message.next}</p>`,
  });
}

/** Where a refusal is explained to the person who met it: not the reason, but who can look it up, and by what. */
export function renderDecisionPage(facts: PageFacts & { readonly id: string }): Promise<string> {
  return renderPage({
    title: 'A decision about access',
    tenantName: facts.tenantName,
    issuer: facts.issuer,
    content: html`<h1>A decision about access</h1>
<p class="lead">An app asked for access, and <strong><bdi>${shorten(facts.tenantName)}</bdi></strong> decided by its rules.</p>
<p>Which way it went, and why, is for your IT to see: this page opens for anybody who has its address. If you need this access, send them this:</p>
<pre><code>npx crossgrant explain ${facts.id}</code></pre>`,
  });
}

export interface SignOutFacts extends PageFacts {
  readonly clientName: string | undefined;
  readonly action: string;
  readonly xsrf: string;
}

/** Asks before signing out: any page on the web can send a browser here. */
export function renderSignOutPage(facts: SignOutFacts): Promise<string> {
  const asks =
    facts.clientName === undefined
      ? ''
      : html`<strong><bdi>${shorten(facts.clientName)}</bdi></strong> asks to sign you out. `;
  return renderPage({
    title: 'Sign out',
    tenantName: facts.tenantName,
    issuer: facts.issuer,
    content: html`<h1>Sign out?</h1>
<p class="lead">${asks}It ends your sign-on for every app in this browser.</p>
<form method="post" action="${facts.action}">
<input type="hidden" name="xsrf" value="${facts.xsrf}">
<button type="submit" name="logout" value="yes" autofocus>Sign out</button>
<button class="plain" type="submit">Stay signed on</button>
</form>`,
  });
}

export function renderSignedOutPage(facts: PageFacts & { readonly isSignedOut: boolean }): Promise<string> {
  const content: Markup = facts.isSignedOut
    ? html`<h1>You are signed out</h1>
<p class="lead">Apps ask you to sign on again. You can close this page.</p>`
    : html`<h1>You are still signed on</h1>
<p class="lead">Nothing has changed for your other apps. You can close this page.</p>`;
  return renderPage({
    title: facts.isSignedOut ? 'Signed out' : 'Still signed on',
    tenantName: facts.tenantName,
    issuer: facts.issuer,
    content,
  });
}

const again = 'Go back to the app and start there again.';
const tellMaker = 'Whoever runs the app can correct it. The id below tells them what happened.';

const messages = {
  invalid_request: {
    title: 'This request cannot be answered',
    what: 'The app asked in a way that is not understood here.',
    next: tellMaker,
  },
  invalid_client: {
    title: 'This app is not known here',
    what: 'No app that may sign people on is registered under the id it gave, or it is blocked.',
    next: tellMaker,
  },
  invalid_redirect_uri: {
    title: 'This app may not be answered there',
    what: 'The app asked for an answer at an address it has not registered. Nothing was sent there.',
    next: tellMaker,
  },
  sign_on_gone: {
    title: 'This sign-on is no longer open',
    what: 'It was finished, it ran out, or it was started in another browser.',
    next: again,
  },
  foreign_origin: {
    title: 'This form came from elsewhere',
    what: 'The form was not sent by the page you signed on at. Nothing was checked.',
    next: again,
  },
  access_denied: {
    title: 'Nobody signed on',
    what: 'The sign-on was stopped, or your account may not use this app.',
    next: 'Your IT can tell you why; the id below leads them to it.',
  },
  not_found: { title: 'There is nothing here', what: 'No page has this address.', next: again },
  server_error: {
    title: 'That did not work here',
    what: 'This is not a no: something broke on our side and nothing was decided.',
    next: 'Try again. If it happens once more, your IT needs the id below.',
  },
  temporarily_unavailable: {
    title: 'Sign-on is not available right now',
    what: 'This is not a no: the database cannot be reached, and nothing was decided.',
    next: 'Try again in a minute.',
  },
} as const;
