import type { FoundDecision } from '@crossgrant/platform/explain';
import type { DecisionKey } from '../explain/find-decision.ts';
import type { Hop } from '../report/hop.ts';

export type Party = 'idp' | 'authserver' | 'mcpServer' | 'sampleApp';

/** What a person calls each party. */
export const partyNames: Readonly<Record<Party, string>> = {
  idp: 'IdP',
  authserver: 'authorization server',
  mcpServer: 'MCP server',
  sampleApp: 'sample app',
};

/** What a party's process tells the launcher. */
export type FromParty =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'failed'; readonly sentence: string }
  | { readonly kind: 'hop'; readonly hop: Hop }
  | { readonly kind: 'ran'; readonly failure?: string }
  | { readonly kind: 'explained'; readonly found?: FoundDecision };

/** What the launcher asks of a party's process. */
export type ToParty =
  | { readonly kind: 'run'; readonly person: string }
  | { readonly kind: 'explain'; readonly key: DecisionKey };
