import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { issueTokens } from '../../fixtures/issued-tokens.ts';
import { startThreeServers } from '../../fixtures/three-servers.ts';

verifies(
  ['RSV-06', 'RED-27'],
  'a hosted server that is told so issues opaque tokens, and its MCP server asks about them',
  async () => {
    const servers = await startThreeServers({
      change: (world) => ({
        ...world,
        authserver: {
          ...world.authserver,
          resources: world.authserver.resources.map((resource) => ({ ...resource, accessTokens: 'opaque' })),
        },
      }),
    });
    try {
      const { accessToken } = await issueTokens(servers);
      expect(accessToken).toMatch(/^cgat_[\w-]{43}$/);
      const call = (token: string, tool = 'search'): Promise<Response> =>
        fetch(servers.resource, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
          },
          body: JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'tools/call',
            params: { name: tool, arguments: { q: 'hello' } },
          }),
        });
      const answer = await call(accessToken);
      expect([answer.status, await answer.text()]).toEqual([
        200,
        expect.stringContaining('Hello from the export team'),
      ]);
      expect((await call(accessToken, 'purge')).status).toBe(403);
      expect((await call(`${accessToken}_`)).status).toBe(401);
      expect(servers.logLines.join('')).not.toContain(accessToken);
    } finally {
      await servers.close();
    }
  },
);
