import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dpopTarget } from './dpop.ts';

const host = fc.stringMatching(/^[a-z]{1,8}\.example$/);
const path = fc.stringMatching(/^(\/[A-Za-z0-9_-]{1,6}){0,3}\/?$/);
const tail = fc.stringMatching(/^([?#][a-z0-9=&?#]{0,8})?$/);

verifies(
  ['DPO-01', 'ATK-35'],
  'case of scheme and host, default port, query and fragment do not tell targets apart',
  () => {
    fc.assert(
      fc.property(host, path, tail, (name, where, more) => {
        const plain = dpopTarget(`https://${name}${where}`);
        expect(plain).toBeDefined();
        expect(dpopTarget(`HTTPS://${name.toUpperCase()}:443${where}${more}`)).toBe(plain);
      }),
    );
  },
);

verifies(['DPO-01', 'ATK-35'], 'what is no web address is no target', () => {
  for (const address of [
    'ftp://a.example/x',
    'urn:a:b',
    'https:',
    '/token',
    'https://u@a.example/',
    'https://a.example/ ',
  ])
    expect(dpopTarget(address), address).toBeUndefined();
});

verifies(['DPO-01', 'ATK-35'], 'host, port and path do', () => {
  fc.assert(
    fc.property(host, host, path, path, (first, second, one, two) => {
      const isSame = first === second && (one || '/') === (two || '/');
      expect(dpopTarget(`https://${first}${one}`) === dpopTarget(`https://${second}${two}`)).toBe(isSame);
      expect(dpopTarget(`https://${first}:8443${one}`)).not.toBe(dpopTarget(`https://${first}${one}`));
    }),
  );
});

test('any text gives a target or nothing, and a target is its own target', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^https?:[a-z.:/@?#%0-9]{0,24}$/)), (text) => {
      const target = dpopTarget(text);
      if (target !== undefined) expect(dpopTarget(target)).toBe(target);
    }),
  );
});
