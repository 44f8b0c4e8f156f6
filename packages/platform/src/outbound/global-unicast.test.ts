import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect } from 'vitest';
import { formatAddress } from './address.ts';
import { isGlobalAddress } from './global-unicast.ts';

const refused = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
  '::',
  '::1',
  '::7f00:1',
  '::127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '64:ff9b:1::8.8.8.8',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2001:0:7f00:1::',
  '2001:0:808:808::80ff:fffe',
  '2001:10::1',
  '2001:20::1',
  '2001:2::1',
  '2001:db8::1',
  '3fff::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '100::1',
  '4000::1',
  '5f00::1',
  '2606:4700::5efe:10.0.0.1',
  '2606:4700::200:5efe:169.254.169.254',
  '',
  'metadata.google.internal',
  'localhost',
  '0x7f000001',
  '2130706433',
];

const allowed = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '64:ff9b::8.8.8.8',
  '::ffff:8.8.8.8',
  '2002:808:808::1',
  '2606:4700::5efe:8.8.8.8',
];

verifies(['LES-42', 'ATK-16', 'CID-06'], 'every reserved, private, local or disguised form is refused', () => {
  for (const address of refused) expect(isGlobalAddress(address), address).toBe(false);
});

verifies('LES-42', 'global unicast passes, also through a translator', () => {
  for (const address of allowed) expect(isGlobalAddress(address), address).toBe(true);
});

verifies('LES-42', 'an IPv4 address is judged the same in every dress that carries it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
      const plain = formatAddress(bytes);
      const hex = Buffer.from(bytes)
        .toString('hex')
        .replace(/(.{4})/, '$1:');
      const verdict = isGlobalAddress(plain);
      for (const dressed of [`::ffff:${plain}`, `64:ff9b::${plain}`, `2002:${hex}::1`, `2606:4700::5efe:${plain}`]) {
        expect(isGlobalAddress(dressed), dressed).toBe(verdict);
      }
      expect(isGlobalAddress(`::${plain}`)).toBe(false);
    }),
  );
});
