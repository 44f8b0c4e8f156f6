import { readFileSync } from 'node:fs';
import { startAuthServer } from '@crossgrant/authserver';
import { startIdp } from '@crossgrant/idp';

const [kind, configFile] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile ?? '', 'utf8'));
await (kind === 'idp' ? startIdp(config) : startAuthServer(config));
