import type { PlainResponse } from '@crossgrant/protocol';
import { publicPage } from './public-page.ts';

/**
 * What a person sees who is sent here by an app that does not know enterprise-managed access. Nothing of the request is
 * printed or followed: no redirect URI is registered, so there is nowhere to send anybody.
 *
 * RFC 6749 §4.1.2.1.
 */
export function authorizePage(): PlainResponse {
  return publicPage({
    status: 400,
    title: 'Access is managed by your company',
    content: `<p class="lead">Nobody signs on at this server. Apps reach it through your company’s identity provider, which decides who may use which app here.</p>
<p>If an app sent you to this page, ask its administrator to connect it through <strong>enterprise-managed authorization</strong>. There is nothing to enter or to approve here.</p>
<p class="meta">For the app’s developers: <code>unsupported_response_type</code>. Use the grant type <code>urn:ietf:params:oauth:grant-type:jwt-bearer</code> with an ID-JAG at the token endpoint.</p>`,
  });
}
