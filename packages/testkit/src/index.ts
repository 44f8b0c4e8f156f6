export { freshDatabaseUrl, startPostgres } from './postgres.ts';
export { verifies } from './verifies.ts';
