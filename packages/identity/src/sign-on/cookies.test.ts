import type { IncomingMessage, ServerResponse } from 'node:http';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { cookieNames, createCookieJar, readCookie } from './cookies.ts';

const names = cookieNames('https://idp.acme.example');
const macOf = (id: string): string => `mac-of-${id}`;
const id = 'abcdefghijklmnopqrstuvwxyz';

function jarFor(url: string, cookie?: string) {
  const headers = new Map<string, string[]>();
  const req = { url, headers: { cookie } } as unknown as IncomingMessage;
  const res = {
    getHeader: (name: string) => headers.get(name),
    setHeader: (name: string, value: string[]) => headers.set(name, value),
  } as unknown as ServerResponse;
  return {
    jar: createCookieJar(req, res, { names, isSecure: true, macOf }),
    lines: () => headers.get('set-cookie') ?? [],
  };
}

verifies('LES-15', 'names are exact, only blanks and tabs are dropped, a name seen twice is absent', () => {
  expect(readCookie('\u00a0__Host-x=evil; __Host-x=good', '__Host-x')).toBe('good');
  expect(readCookie('\u2000__Host-x=evil; __Host-x=good', '__Host-x')).toBe('good');
  expect(readCookie('a=1; \t__Host-x=good ', '__Host-x')).toBe('good');
  expect(readCookie('__Host-x=one; __Host-x=two', '__Host-x')).toBeUndefined();
  expect(readCookie('__Host-x=good; __Host-x=good', '__Host-x')).toBeUndefined();
  expect(readCookie('$Version=1; __Host-x="good"', '__Host-x')).toBeUndefined();
  expect(readCookie('__host-x=other', '__Host-x')).toBeUndefined();
  expect(readCookie('__Host-x', '__Host-x')).toBeUndefined();
  expect(readCookie('__Host-x=a b', '__Host-x')).toBeUndefined();
  expect(readCookie(undefined, '__Host-x')).toBeUndefined();
});

test('over https cookies are locked to the host, and their names tell issuers apart', () => {
  expect(names.session).toMatch(/^__Host-cg-[0-9a-f]{10}-session$/);
  expect(cookieNames('http://127.0.0.1:4701').session).not.toBe(cookieNames('http://127.0.0.1:4702').session);
  const { jar, lines } = jarFor('/authorize');
  jar.set(names.session, 'abc');
  expect(lines()).toEqual([`${names.session}=abc; path=/; httponly; samesite=lax; secure`]);
});

verifies('LES-03', 'an interaction opens only with the sealed cookie of its own', () => {
  const cookie = `${names.interaction}-${id}=${macOf(id)}`;
  expect(jarFor(`/sign-on/${id}`, cookie).jar.get(names.interaction)).toBe(id);
  expect(jarFor(`/authorize/${id}`, cookie).jar.get(names.resume)).toBe(id);
  expect(jarFor(`/sign-on/${id}`).jar.get(names.interaction)).toBeUndefined();
  expect(jarFor(`/sign-on/${id}`, `${names.interaction}-${id}=${id}`).jar.get(names.interaction)).toBeUndefined();
  expect(jarFor(`/sign-on/${id}2`, cookie).jar.get(names.interaction)).toBeUndefined();
  expect(jarFor('/authorize', cookie).jar.get(names.interaction)).toBeUndefined();
});

test('abandoned sign-ons do not pile up', () => {
  const cookie = Array.from({ length: 12 }, (_, index) => `${names.interaction}-${id}${index}=x`).join('; ');
  const { jar, lines } = jarFor('/authorize', cookie);
  jar.set(names.interaction, id, { maxAge: 900_000 });
  expect(lines().filter((line) => line.includes('max-age=0'))).toHaveLength(4);
  expect(lines().at(-1)).toBe(
    `${names.interaction}-${id}=${macOf(id)}; path=/; httponly; samesite=lax; secure; max-age=900`,
  );
});
