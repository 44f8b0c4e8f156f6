import { timingSafeEqual } from 'node:crypto';
import type { SecretBox } from '@crossgrant/platform';

export interface SecretOwner {
  readonly tenantId: string;
  readonly clientId: string;
}

/** What is stored of a secret. Bound to its client, so that a row copied to another client opens nothing. CAU-06. */
export function clientSecretMac(secretBox: SecretBox, owner: SecretOwner, secret: string): string {
  return secretBox.mac('client-secret', JSON.stringify([owner.tenantId, owner.clientId, secret])); // LES-39
}

/** Compares two MACs of equal, public length without telling how much of them agrees. */
export function isSameMac(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}
