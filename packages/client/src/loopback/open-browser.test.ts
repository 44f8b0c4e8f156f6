import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { openBrowser } from './open-browser.ts';

const platforms: readonly [NodeJS.Platform, readonly string[]][] = [
  ['linux', ['xdg-open']],
  ['freebsd', ['xdg-open']],
  ['darwin', ['open']],
  ['win32', ['rundll32', 'url.dll,FileProtocolHandler']],
];

verifies('LES-92', 'the address is one argument of a program, whatever is in it', () => {
  for (const [platform, before] of platforms) {
    for (const address of ['https://x.example/&calc', 'https://x.example/$(id)', 'https://x.example/?a="; rm -rf /"']) {
      const launched: string[][] = [];
      openBrowser(address, platform, (program, args) => void launched.push([program, ...args]));
      expect(launched).toEqual([[...before, new URL(address).href]]);
    }
  }
});

verifies('LES-92', 'what is not https or loopback http is not opened', () => {
  const launched: unknown[] = [];
  for (const address of ['file:///etc/passwd', 'javascript:alert(1)', 'http://x/$(id)', '-https://x', 'calc.exe', '']) {
    expect(() => openBrowser(address, 'linux', (program) => void launched.push(program))).toThrow(/https and loopback/);
  }
  expect(launched).toEqual([]);
});
