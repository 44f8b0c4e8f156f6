import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { isWithin, parseAddress, parseBlock } from './network.ts';
import { compileWindow } from './time-window.ts';

function hits(block: string, address: string): boolean | undefined {
  const parsed = parseBlock(block);
  const bytes = parseAddress(address);
  return parsed && bytes && isWithin(bytes, parsed);
}

verifies('LES-74', 'addresses are compared as bytes in one strict form', () => {
  expect(hits('10.0.0.0/8', '::ffff:10.1.1.1')).toBe(true);
  expect(hits('10.0.0.0/8', '::ffff:a01:101')).toBe(true);
  expect(hits('10.0.0.0/8', '11.0.0.1')).toBe(false);
  for (const odd of [
    '010.0.0.1',
    '10.1',
    '0x0a.0.0.1',
    '10.0.0.1.',
    '10.0.0.256',
    ' 10.0.0.1',
    '1:2',
    '1::2::3',
    '::1%lo',
    '1:2:3:4:5:6:7:8:9',
    '',
  ]) {
    expect(parseAddress(odd), odd).toBeUndefined();
  }
  for (const odd of ['10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '10/8', '::/129']) {
    expect(parseBlock(odd), odd).toBeUndefined();
  }
});

test('blocks end at bits, not only at bytes', () => {
  expect(hits('172.16.0.0/12', '172.31.255.255')).toBe(true);
  expect(hits('172.16.0.0/12', '172.32.0.0')).toBe(false);
  expect(hits('2001:db8::/32', '2001:db8:1::5')).toBe(true);
  expect(hits('2001:db8::/32', '2001:db9::5')).toBe(false);
  expect(hits('0.0.0.0/0', '::1')).toBe(false);
  expect(hits('192.0.2.1', '192.0.2.1')).toBe(true);
});

test('a window past midnight belongs to the day it began on', () => {
  const night = compileWindow({ days: ['fri'], from: '22:00', to: '06:00' });
  const at = (text: string): boolean | undefined => night?.(Date.parse(text));
  expect(at('2026-11-27T23:00:00Z')).toBe(true);
  expect(at('2026-11-28T05:59:00Z')).toBe(true);
  expect(at('2026-11-28T06:00:00Z')).toBe(false);
  expect(at('2026-11-28T23:00:00Z')).toBe(false);
});

test('a window is read in its time zone, and one that cannot be read is none', () => {
  const office = compileWindow({ from: '09:00', to: '17:00', timeZone: 'Europe/Berlin' });
  expect(office?.(Date.parse('2026-11-24T08:30:00Z'))).toBe(true);
  expect(office?.(Date.parse('2026-11-24T16:30:00Z'))).toBe(false);
  for (const odd of [
    null,
    { timeZone: 'Nowhere/None' },
    { from: '9:00' },
    { days: ['someday'] },
    { to: '25:00' },
    { days: 'mon' },
  ]) {
    expect(compileWindow(odd)).toBeUndefined();
  }
});
