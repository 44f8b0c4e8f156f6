import type { Facts, NetworkCondition, RuleConditions } from './model.ts';
import { type AddressBlock, isWithin, parseAddress, parseBlock } from './network.ts';
import { compileWindow } from './time-window.ts';

export type Truth = 'met' | 'unmet' | 'unknown';

/** One condition of a rule, ready to be judged. */
export interface CompiledCondition {
  readonly judge: (facts: Facts) => Truth;
  /** Present where the age of the sign-on decides: the greatest one that fulfils the condition. */
  readonly maxAge?: number;
}

/**
 * Prepares the conditions of one rule.
 *
 * A condition whose name is not known, or whose value cannot be read, is unknown whatever the facts are: a deny
 * rule then bites and an allow rule does not (LES-73).
 */
export function compileConditions(conditions: RuleConditions | undefined): readonly CompiledCondition[] {
  return Object.entries(conditions ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (compilers.get(name) ?? unreadable)(value));
}

const compilers: ReadonlyMap<string, (value: unknown) => CompiledCondition> = new Map([
  ['acr', compileAcr],
  ['amr', compileAmr],
  ['maxAge', compileMaxAge],
  ['network', (value: unknown) => compileNetwork(value, (facts) => facts.address)],
  ['callerNetwork', (value: unknown) => compileNetwork(value, (facts) => facts.callerAddress)],
  ['time', compileTime],
]);

function unreadable(): CompiledCondition {
  return { judge: () => 'unknown' };
}

function compileAcr(value: unknown): CompiledCondition {
  const accepted = readTexts(value);

  if (accepted === undefined || accepted.length === 0) {
    return unreadable();
  }
  return {
    judge: ({ acr }) => (acr === undefined ? 'unknown' : truth(accepted.includes(acr))),
  };
}

function compileAmr(value: unknown): CompiledCondition {
  const required = readTexts(value);

  if (required === undefined || required.length === 0) {
    return unreadable();
  }
  return {
    judge: ({ amr }) => (amr === undefined ? 'unknown' : truth(required.every((method) => amr.includes(method)))),
  };
}

function compileMaxAge(value: unknown): CompiledCondition {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    return unreadable();
  }
  return {
    judge: ({ authTime, nowMs }) => (authTime === undefined ? 'unknown' : truth(nowMs / 1000 - authTime <= value)),
    maxAge: value,
  };
}

function compileNetwork(value: unknown, addressOf: (facts: Facts) => string | undefined): CompiledCondition {
  const condition = value as NetworkCondition | null;
  const inside = readBlocks(condition?.in);
  const outside = readBlocks(condition?.notIn);
  const isEmpty = condition?.in === undefined && condition?.notIn === undefined;

  if (inside === undefined || outside === undefined || isEmpty) {
    return unreadable();
  }
  return {
    judge(facts) {
      const text = addressOf(facts);
      const address = text === undefined ? undefined : parseAddress(text);
      if (address === undefined) {
        return 'unknown';
      }
      const isInside = condition?.in === undefined || inside.some((block) => isWithin(address, block));
      return truth(isInside && !outside.some((block) => isWithin(address, block)));
    },
  };
}

function compileTime(value: unknown): CompiledCondition {
  const window = compileWindow(value);
  return window === undefined ? unreadable() : { judge: ({ nowMs }) => truth(window(nowMs)) };
}

function readBlocks(list: unknown): readonly AddressBlock[] | undefined {
  const texts = list === undefined ? [] : readTexts(list);
  const blocks = texts?.map(parseBlock);
  return blocks?.every((block) => block !== undefined) ? blocks : undefined;
}

function readTexts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

function truth(holds: boolean): Truth {
  return holds ? 'met' : 'unmet';
}
