import type { Logger, SecretBox } from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import type { IdpDatabase } from '../store/schema.ts';

export interface ApplyDeps {
  readonly database: IdpDatabase;
  readonly tenantId: string;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
}
