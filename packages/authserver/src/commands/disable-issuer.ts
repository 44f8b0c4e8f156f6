import { type Act, type CommandDeps, changeState, type Done } from './change-state.ts';

/** Nothing that the issuer signs is redeemed from here on, and tokens it vouched for are inactive at introspection. */
export function disableIssuer(deps: CommandDeps, issuer: string, act: Act): Promise<Done> {
  return changeState(
    deps,
    { table: 'trusted_issuers', column: 'issuer', key: issuer, state: 'disabled' },
    'issuer/disabled',
    act,
  );
}

export function enableIssuer(deps: CommandDeps, issuer: string, act: Act): Promise<Done> {
  return changeState(
    deps,
    { table: 'trusted_issuers', column: 'issuer', key: issuer, state: 'active' },
    'issuer/enabled',
    act,
  );
}
