import type { IncomingMessage } from 'node:http';
import type { KeyRing, Logger, RefusalCounter, SecretBox } from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import type { ClientApp } from '../clients/client-app.ts';
import type { DescribeClient } from '../clients/client-documents.ts';
import type { ClientKeys } from '../clients/client-keys.ts';
import type { PasswordVerifier } from '../people/password.ts';
import type { IdentityDatabase } from '../store/identity-database.ts';
import type { SignOnProofs } from './proofs.ts';

export interface SignOnOptions {
  /** Holds the tables of identityMigrations. */
  readonly database: IdentityDatabase;
  /** Its id is the scope of its revocation epoch and audit rows. */
  readonly tenant: { readonly id: string; readonly issuer: string; readonly name?: string };
  readonly keyRing: KeyRing;
  /** Which keys of the ring sign ID tokens; all of them when left out. */
  readonly keyPurpose?: string;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
  /** Prefix of the page about a decision id: `error_uri` is `${explainUrl}/${id}`. */
  readonly explainUrl?: string;
  /** The watermark of the tenant: what anybody authenticated before it does not count. Milliseconds. */
  readonly everyoneRevokedBefore?: () => Promise<number | undefined>;
  /** Client apps from a snapshot; without it each look-up asks the database. */
  readonly snapshotClients?: (clientId: string) => ClientApp | undefined;
  /** Counts refusals of callers nobody knows; without it each of them is an audit row. */
  readonly anonymous?: RefusalCounter;
  /** Opens the keys of apps that sign their assertions; of its own when left out. */
  readonly clientKeys?: ClientKeys;
  /** How proofs of possession are judged; without nonces when left out. */
  readonly proofs?: SignOnProofs;
  /** Reads the apps that describe themselves by a document; without it there are none. */
  readonly describeClient?: DescribeClient;
  readonly development: boolean;
  /** Absolute end of a sign-on, whatever is renewed meanwhile. */
  readonly sessionSeconds?: number;
  /** What a sign-on by password is worth; what is left out is as by default. */
  readonly password?: Partial<Assurance>;
  /** What is answered when an app asks for classes of which none can be reached: the error, or the best there is. */
  readonly unreachableAcr?: 'refuse' | 'best';
  /** Where a request comes from, proxies considered; the peer's address when left out. */
  readonly addressOf?: (request: IncomingMessage) => string;
}

/** What a way to sign on is worth: its class and its methods, as ID tokens carry them. */
export interface Assurance {
  readonly acr: string;
  readonly amr: readonly string[];
}

/** What the parts of sign-on share. */
export interface SignOnDeps extends SignOnOptions {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly issuer: string;
  readonly sessionSeconds: number;
  readonly passwords: PasswordVerifier;
  readonly clientKeys: ClientKeys;
  readonly proofs: SignOnProofs;
  readonly tokenEndpoint: string;
  readonly passwordAssurance: Assurance;
  readonly findClient: (clientId: string) => Promise<ClientApp | undefined>;
}

export const signOnDefaults = {
  /** One working day. */
  sessionSeconds: 8 * 3_600,
  idTokenSeconds: 600, // DEL-03
  codeSeconds: 60,
  accessTokenSeconds: 600,
  interactionSeconds: 900,
} as const;

/** What a right password is worth here. */
export function passwordAssurance(stated: Partial<Assurance> = {}): Assurance {
  return { acr: stated.acr ?? passwordByDefault.acr, amr: stated.amr ?? passwordByDefault.amr };
}

const passwordByDefault: Assurance = { acr: 'urn:crossgrant:acr:password', amr: ['pwd'] };
