export { verifies } from './verifies.ts';
export { freshDatabaseUrl, startPostgres } from './postgres.ts';
