import type { CoreSchema } from '@crossgrant/platform';
import type { Kysely } from 'kysely';
import type { IdpSchema } from '../../store/schema.ts';

/** The database, or the transaction of a change. */
export type Reads = Kysely<IdpSchema & CoreSchema>;

/** A pattern for `like … escape '!'` that finds the text anywhere, in lower case. */
export function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
}
