import { StoreUnavailable } from '../errors.ts';
import { isFileFault } from './sqlite-file.ts';

/** Whether an error means that the database is out of reach, rather than that a statement is wrong. */
export function isStoreFault(error: unknown): boolean {
  if (error instanceof StoreUnavailable || isFileFault(error)) return true;
  if (error instanceof AggregateError) return error.errors.some(isStoreFault);
  if (!(error instanceof Error)) return false;
  if (networkMessages.test(error.message)) return true;
  return (
    'code' in error && typeof error.code === 'string' && (networkCodes.has(error.code) || serverCodes.test(error.code))
  );
}

/** Whether the transaction lost against another one and may simply be tried again. */
export function isLostRace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001');
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const networkMessages =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|timeout exceeded when trying to connect)/;
/** Connection exceptions, resources, operator intervention, timeouts, a standby that cannot write, system errors. */
const serverCodes = /^(08...|53...|57P0.|57014|55P03|25006|25P03|58...)$/;
