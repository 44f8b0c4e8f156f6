import type { ServerKeys } from '@crossgrant/world';

type KeyFacts = Awaited<ReturnType<ServerKeys['keys']['list']>>[number];
type EncryptionKeyFacts = Awaited<ReturnType<ServerKeys['keys']['listEncryptionKeys']>>[number];
export type KeyAlgorithm = KeyFacts['alg'];
type Row = readonly [label: string, value: string, note?: string];

/** An instant as people read it. */
export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function keyRow({ kid, alg, phase, signsFrom, goneAt }: KeyFacts): Row {
  const until = goneAt === undefined ? '' : moment(goneAt);
  switch (phase) {
    case 'published':
      return [kid, `${alg}, published`, `signs from ${moment(signsFrom)}`];
    case 'active':
      return [kid, `${alg}, active`, `signs since ${moment(signsFrom)}`];
    case 'retiring':
      return [kid, `${alg}, retiring`, `counts until ${until}`];
    case 'gone':
      return [kid, `${alg}, gone`, `since ${until}`];
    case 'revoked':
      return [kid, `${alg}, revoked`];
  }
}

export function encryptionRow({ id, since, isCurrent }: EncryptionKeyFacts): Row {
  return [id, isCurrent ? 'encryption key' : 'encryption key of before', `since ${moment(since)}`];
}
