import {
  formatForm,
  grantTypes,
  parseExchangeRequest,
  parseForm,
  plainHeaders,
  readClientCredentials,
  tokenTypes,
} from '@crossgrant/protocol';
import { BrokenPromise, expectPlain, expectRefusal } from '../invariants.ts';
import { mutatedText } from '../mutate.ts';
import type { FuzzTarget } from '../target.ts';

const exchange = formatForm([
  ['grant_type', grantTypes.tokenExchange],
  ['requested_token_type', tokenTypes.idJag],
  ['audience', 'https://auth.chat.example'],
  ['resource', 'https://mcp.chat.example/mcp'],
  ['scope', 'chat.read chat.history'],
  ['subject_token', 'a.b.c'],
  ['subject_token_type', tokenTypes.idToken],
  ['client_id', 'agent'],
  ['client_secret', 'ü secret'],
]);
const redemption = formatForm([
  ['grant_type', grantTypes.jwtBearer],
  ['assertion', 'a.b.c'],
  ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
  ['client_assertion', 'a.b.c'],
]);
const tokens = ['&resource=', '&scope=', '&audience=', '&client_id=', '%26', '%3D', 'a[b]=c', 'a.b=c', '&__proto__=1'];
const noHeaders = plainHeaders([]);

export const formTarget: FuzzTarget = {
  name: 'form',
  share: 0.25,
  inputs: mutatedText([exchange, redemption, 'a=b&c=d', ''], tokens),
  check(input) {
    const form = parseForm(input, { repeatable: ['resource', 'audience'] });
    if (!form.ok) return expectRefusal(form.refusal);
    // A question mark at the start is a name to a form, and nothing to this reader.
    for (const [name, value] of new URLSearchParams(`&${input.toWellFormed()}`))
      if (input.isWellFormed() && !form.value.all(name).includes(value) && value !== '')
        throw new BrokenPromise(`another reader of the same form sees another ${name}`);
    for (const name of ['__proto__', 'constructor'])
      if (typeof (form.value.get(name) ?? '') !== 'string') throw new BrokenPromise('an inherited member was found');
    const request = parseExchangeRequest(form.value);
    if (request.ok) expectPlain(request.value);
    else expectRefusal(request.refusal);
    const credentials = readClientCredentials({ headers: noHeaders, form: form.value });
    if (credentials.ok) expectPlain(credentials.value);
    else expectRefusal(credentials.refusal);
  },
};
