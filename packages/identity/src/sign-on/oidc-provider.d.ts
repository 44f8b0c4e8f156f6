// The package's own entry warns on the console about every Node.js version without a code name; its parts do not.
declare module 'oidc-provider/lib/provider.js' {
  export { default as Provider } from 'oidc-provider';
}

declare module 'oidc-provider/lib/helpers/errors.js' {
  import { errors } from 'oidc-provider';
  export import AccessDenied = errors.AccessDenied;
  export import InvalidDpopProof = errors.InvalidDpopProof;
  export import InvalidGrant = errors.InvalidGrant;
  export import SessionNotFound = errors.SessionNotFound;
  export import UnmetAuthenticationRequirements = errors.UnmetAuthenticationRequirements;
}

declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  import type Provider from 'oidc-provider';
  export function get(provider: Provider): {
    DPoPNonces?: { nextChallenge(): string | undefined; checkChallenge(nonce: string): boolean };
  };
}

declare module 'oidc-provider/lib/helpers/interaction_policy/index.js' {
  import { interactionPolicy } from 'oidc-provider';
  export const base: typeof interactionPolicy.base;
  export import Check = interactionPolicy.Check;
}
