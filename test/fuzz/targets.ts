import type { FuzzTarget } from './target.ts';
import { basicTarget } from './targets/basic.ts';
import { claimsTarget } from './targets/claims.ts';
import { clientDocumentTarget } from './targets/client-document.ts';
import { dpopTarget } from './targets/dpop.ts';
import { formTarget } from './targets/form.ts';
import { jwsTarget } from './targets/jws.ts';
import { worldTarget } from './targets/world.ts';

/** Every parser that reads what strangers write. */
export const fuzzTargets: readonly FuzzTarget[] = [
  jwsTarget,
  formTarget,
  basicTarget,
  dpopTarget,
  claimsTarget,
  clientDocumentTarget,
  worldTarget,
];
