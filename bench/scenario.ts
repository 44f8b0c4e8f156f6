import type { JsonObject } from '@crossgrant/protocol';

export type Algorithm = 'ES256' | 'RS256';
export type Path = 'exchange' | 'redemption';

/** One kind of request that every contender answers. */
export interface Scenario {
  readonly name: string;
  readonly path: Path;
  /** Signs what comes in: the ID token of an exchange, the ID-JAG of a redemption. */
  readonly received: Algorithm;
  /** Signs what goes out. */
  readonly issued: Algorithm;
  /** How the client proves itself; an assertion is made for every request. */
  readonly clientAuth: 'client_secret_basic' | 'private_key_jwt';
  /** Every request brings a token that was never seen before, or all of them bring the same few. */
  readonly tokens: 'fresh' | 'repeated';
  /** Lowest ratio asked for, by contender. */
  readonly goals: Readonly<Record<string, number>>;
}

/** Whose tokens a contender accepts; the same key signs for all of them. */
export interface ContenderStart {
  readonly scenario: Scenario;
  readonly folder: string;
  /** The private key of the issuer whose ID-JAGs are redeemed. */
  readonly issuerKey: JsonObject;
  /** The public keys of a client that signs its assertions. */
  readonly clientJwks: { readonly keys: readonly JsonObject[] };
}

/** What a contender tells about itself once it listens. */
export interface Target {
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `aud` of a client assertion. */
  readonly serverIssuer: string;
  /** `aud` of an ID-JAG that this contender redeems; `audience` that an exchange asks for. */
  readonly audience: string;
  /** An exchange: who signed the ID tokens, with which key, and the people who are signed on. */
  readonly issuer: string;
  readonly tokenKey: JsonObject;
  readonly people: readonly { readonly sub: string; readonly sid: string }[];
}

export interface Usage {
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
}

export const resource = 'https://mcp.chat.example/mcp';
export const scope = 'chat.read';
export const clientSecret = 'bench-secret-0123456789abcdefghijklmnopqrst';
/** Who signs the ID-JAGs of a redemption. */
export const strangerIssuer = 'https://idp.stranger.example';
/** Whom the ID-JAGs of an exchange are for. */
export const resourceServerIssuer = 'https://auth.chat.example';
