import { decodeBasic, formatBasic, parseForm, plainHeaders, readClientCredentials } from '@crossgrant/protocol';
import fc from 'fast-check';
import { BrokenPromise, expectRefusal } from '../invariants.ts';
import { mutatedText } from '../mutate.ts';
import type { FuzzTarget } from '../target.ts';

const samples = [formatBasic('agent', 'secret'), formatBasic('ü:%', ': +%2B'), 'Basic Og==', 'Bearer x', 'basic e30='];
const pairs = mutatedText(['agent:secret', 'a%3Ab:c', ':', 'a:', ':b'], [':', '%3A']).map(
  (pair) => `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`,
);
const empty = parseForm('');

export const basicTarget: FuzzTarget = {
  name: 'basic',
  share: 0.24,
  inputs: fc.oneof(mutatedText(samples, ['Basic ', 'basic\t', '=', '\n']), pairs),
  check(input) {
    const pair = decodeBasic(input);
    if (pair !== undefined) {
      const again = decodeBasic(formatBasic(pair.clientId, pair.secret));
      if (pair.clientId === '' || pair.secret === '') throw new BrokenPromise('an empty half was accepted');
      // Escapes make a text longer, and there is a limit to the header.
      if (input.length > 1_000) return;
      if (again?.clientId !== pair.clientId || again.secret !== pair.secret)
        throw new BrokenPromise('what was read is not what is written for it');
    }
    if (!empty.ok) return;
    const read = readClientCredentials({ headers: plainHeaders([['authorization', input]]), form: empty.value });
    if (!read.ok) expectRefusal(read.refusal);
    if (read.ok !== (pair !== undefined)) throw new BrokenPromise('two readers of one header disagree');
  },
};
