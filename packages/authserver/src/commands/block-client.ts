import { type Act, type CommandDeps, changeState, type Done } from './change-state.ts';

/** No credential of the client counts from here on, and its live tokens are inactive at introspection. */
export function blockClient(deps: CommandDeps, clientId: string, act: Act): Promise<Done> {
  return changeState(
    deps,
    { table: 'as_clients', column: 'client_id', key: clientId, state: 'blocked' },
    'client/blocked',
    act,
  );
}

export function unblockClient(deps: CommandDeps, clientId: string, act: Act): Promise<Done> {
  return changeState(
    deps,
    { table: 'as_clients', column: 'client_id', key: clientId, state: 'active' },
    'client/unblocked',
    act,
  );
}
