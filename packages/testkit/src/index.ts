export { freePorts } from './free-ports.ts';
export { freshDatabaseUrl, startPostgres } from './postgres.ts';
export { type RawAnswer, type RawRequest, sendRaw } from './raw-request.ts';
export { verifies } from './verifies.ts';
