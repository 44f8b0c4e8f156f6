import type { CrossgrantFailure } from '@crossgrant/client';
import { html } from 'hono/html';

/** A sentence above everything else on the page. */
export interface Notice {
  /** Refused is shown in the colour of a no; neutral says what happened and blames nobody. */
  readonly kind: 'refused' | 'neutral';
  readonly sentence: string;
  /** What a no is looked up by. */
  readonly decision?: { readonly id: string; readonly url?: string };
}

export function refused(sentence: string): Notice {
  return { kind: 'refused', sentence };
}

export function neutral(sentence: string): Notice {
  return { kind: 'neutral', sentence };
}

/** What the client says, and where the decision is explained. */
export function noticeOf(failure: CrossgrantFailure): Notice {
  const { decisionId: id, decisionUrl: url, message } = failure;
  return { ...refused(message), decision: id === undefined ? undefined : { id, url } };
}

export function renderNotice({ kind, sentence, decision }: Notice): ReturnType<typeof html> {
  const link = decision?.url === undefined ? '' : html`<p><a href="${decision.url}">What to send to your IT</a></p>`;
  const command =
    decision === undefined
      ? ''
      : html`${link}<p>They see why with <code>npx crossgrant explain ${decision.id}</code></p>`;
  return html`<div class="notice ${kind}" role="${kind === 'refused' ? 'alert' : 'status'}"><p class="sentence">${sentence}</p>${command}</div>`;
}
