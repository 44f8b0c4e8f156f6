import { UnmetAuthenticationRequirements } from 'oidc-provider/lib/helpers/errors.js';
import { Check } from 'oidc-provider/lib/helpers/interaction_policy/index.js';
import type { SignOnDeps } from './deps.ts';

/**
 * Asks for a new sign-on when the present one is of none of the classes that the app requests by `acr_values`. Of these
 * the ones that can be reached here count.
 *
 * When none can, the app gets `unmet_authentication_requirements` before anybody types a password: what it would get
 * instead is not what it needs, and it would come back. A switch answers with the best there is, as OpenID Connect has it
 * for a request that is only a wish.
 *
 * RFC 9470 §5, OIDC Core §5.5.1.1.
 */
export function requestedAcr(deps: SignOnDeps): Check {
  const reachable = [deps.passwordAssurance.acr];

  return new Check('requested_acr', 'End-User authentication is required', 'login_required', ({ oidc }) => {
    const requested = readAcrValues(oidc.params?.acr_values);
    const wanted = requested.filter((acr) => reachable.includes(acr));
    if (requested.length === 0) return false;
    if (wanted.length === 0 && deps.unreachableAcr === 'best') return false;
    if (wanted.length === 0) throw new UnmetAuthenticationRequirements('none of the requested classes can be reached'); // STP-03, ATK-62
    return oidc.session?.accountId !== undefined && !wanted.includes(oidc.acr ?? ''); // STP-03
  });
}

function readAcrValues(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(' ').filter((acr) => acr !== '') : [];
}
