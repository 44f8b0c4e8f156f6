import {
  type FormParameters,
  grantTypes,
  isFormMediaType,
  limits,
  ok,
  parseForm,
  type Result,
  refuse,
} from '@crossgrant/protocol';
import type { Received } from '../context.ts';

/** POST, exactly the form type, no parameter twice. RFC 6749 §3.2. */
export function readForm({ request }: Received): Result<{ form: FormParameters }> {
  if (request.method !== 'POST') return refuse('request/method'); // RED-01
  const mediaType = isFormMediaType(request.headers);
  if (!mediaType.ok) return mediaType; // RED-01, LES-31
  const form = parseForm(request.body);
  return form.ok ? ok({ form: form.value }) : form;
}

/** jwt-bearer, and where it is enabled its synonym jwt-dpop, which demands a bound assertion. */
export function checkGrantType(
  { form }: { form: FormParameters },
  { jwtDpopGrant }: { jwtDpopGrant: boolean },
): Result<{ grantType: string }> {
  const grantType = form.get('grant_type');
  if (grantType === undefined) return refuse('request/missing-parameter', { name: 'grant_type' });
  if (grantType === grantTypes.jwtDpop && jwtDpopGrant) return ok({ grantType }); // DPO-07
  if (grantType !== grantTypes.jwtBearer) return refuse('request/grant-type', { grantType }); // RED-05, DPO-07
  return ok({ grantType });
}

/** One assertion, of a size that is worth reading. A limit refuses; it never drops. RFC 7521 §4.1. */
export function readAssertion({ form }: { form: FormParameters }): Result<{ assertion: string }> {
  const assertion = form.get('assertion');
  if (assertion === undefined) return refuse('assertion/missing'); // RED-01
  if (assertion.length > limits.assertionBytes) return refuse('assertion/too-large', { bytes: assertion.length }); // RED-02, LES-18
  return ok({ assertion });
}
