import type { Received, Redeemable, RedemptionContext } from './context.ts';
import { type StepList, startingWith } from './step.ts';
import { authenticateClient, checkClientMayRedeem } from './steps/authenticate-client.ts';
import {
  checkEntitlement,
  checkFreshness,
  decideLifetime,
  establishAccount,
  resolveSubject,
} from './steps/decide-account.ts';
import { judgeBinding, judgeBindingOfResource, verifyProof } from './steps/judge-binding.ts';
import { findCustomer, judgeAudience, judgeClient, judgeTime, readClaims } from './steps/judge-claims.ts';
import {
  checkSignOn,
  chooseResource,
  narrowScope,
  readClaimedResources,
  readRequestedResource,
  readRestrictions,
} from './steps/narrow-grant.ts';
import { checkGrantType, readAssertion, readForm } from './steps/read-request.ts';
import {
  checkAlgorithm,
  dispatchProfile,
  findTrustedIssuer,
  parseAssertion,
  verifySignature,
} from './steps/verify-assertion.ts';

/**
 * Redemption of an ID-JAG, in order. Cheap checks come first, nothing is fetched before the issuer is found, and what
 * follows the list is the replay record together with the token, in one commit.
 *
 * `typ` is known only after parsing and the algorithm list only after the issuer, so RED-06 precedes RED-05 and RED-08
 * precedes RED-07. A step reads what earlier ones established: moving a claim check above the signature does not compile.
 */
export const redemptionSteps: StepList<Redeemable, RedemptionContext> = startingWith<Received, RedemptionContext>()
  .step('read-form', ['RED-01'], readForm)
  .step('check-grant-type', ['RED-05'], checkGrantType)
  .step('read-assertion', ['RED-01', 'RED-02'], readAssertion)
  .step('authenticate-client', ['RED-03'], authenticateClient)
  .step('check-client-may-redeem', ['RED-04'], checkClientMayRedeem)
  .step('parse-assertion', ['RED-06'], parseAssertion)
  .step('dispatch-profile', ['RED-05'], dispatchProfile)
  .step('find-trusted-issuer', ['RED-08'], findTrustedIssuer)
  .step('check-algorithm', ['RED-07'], checkAlgorithm)
  .step('verify-signature', ['RED-09'], verifySignature)
  .step('read-claims', ['RED-10'], readClaims)
  .step('judge-time', ['RED-11'], judgeTime)
  .step('judge-audience', ['RED-12'], judgeAudience)
  .step('find-customer', ['RED-13'], findCustomer)
  .step('judge-client', ['RED-14'], judgeClient)
  .step('verify-proof', ['RED-15'], verifyProof)
  .step('judge-binding', ['RED-15'], judgeBinding)
  .step('read-claimed-resources', ['RED-16'], readClaimedResources)
  .step('read-requested-resource', ['RED-17'], readRequestedResource)
  .step('choose-resource', ['RED-18'], chooseResource)
  .step('judge-binding-of-resource', ['DPO-06'], judgeBindingOfResource)
  .step('narrow-scope', ['RED-19', 'RED-20', 'RED-22'], narrowScope)
  .step('check-sign-on', ['STP-06'], checkSignOn)
  .step('read-restrictions', ['RED-21'], readRestrictions)
  .step('resolve-subject', ['RED-23'], resolveSubject)
  .step('check-entitlement', ['RED-24'], checkEntitlement)
  .step('check-freshness', ['RED-25'], checkFreshness)
  .step('decide-lifetime', ['RED-29'], decideLifetime)
  .step('establish-account', ['RED-23'], establishAccount);
