import type { PlainResponse } from '@crossgrant/protocol';

/**
 * What a person sees who is sent here by an app that does not know enterprise-managed access. Nothing of the request is
 * printed or followed: no redirect URI is registered, so there is nowhere to send anybody.
 *
 * RFC 6749 §4.1.2.1.
 */
export function authorizePage(): PlainResponse {
  return {
    status: 400,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'sha256-iYoJXLa5sKsaX1k94jkmh3408sI7xMO3RKeuXHsOKRY='; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: page,
  };
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem;color:#1c1c1e;background:#fff}h1{font-size:1.4rem}code{font-size:.95em}@media(prefers-color-scheme:dark){body{color:#f2f2f7;background:#1c1c1e}}';

const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Access is managed by your company</title><style>${style}</style></head>
<body>
<h1>Access is managed by your company</h1>
<p>This server does not sign people in. Apps reach it through your company’s identity provider, which decides who may use which app here.</p>
<p>If an app sent you to this page, ask its administrator to connect it through <strong>enterprise-managed authorization</strong>. There is nothing to enter or to approve here.</p>
<p>For the app’s developers: <code>unsupported_response_type</code>. Use the grant type <code>urn:ietf:params:oauth:grant-type:jwt-bearer</code> with an ID-JAG at the token endpoint.</p>
</body>
</html>
`;
