/**
 * Every name under which the algorithms are announced: Ed25519 keys go by `EdDSA` and, since RFC 9864, by `Ed25519`. A client
 * that knows one of the names alone looks for that one.
 *
 * RFC 9864 §2.2.
 */
export function algorithmNames<Name extends string>(algorithms: readonly Name[]): (Name | 'Ed25519')[] {
  return algorithms.flatMap((algorithm) => (algorithm === 'EdDSA' ? [algorithm, 'Ed25519' as const] : [algorithm]));
}
