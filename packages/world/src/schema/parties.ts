import { z } from 'zod';
import { resourceClientAuth } from './client-auth.ts';
import {
  clientIdentifier,
  dpopNonces,
  issuerUrl,
  label,
  listenAddress,
  resourceIdentifier,
  scopeToken,
  secret,
} from './fields.ts';
import { signOnDemand } from './sign-on.ts';

/** The sample MCP server behind the middleware. */
export const mcpServer = z
  .strictObject({
    listen: listenAddress.describe('The address this process binds.'),
    resource: resourceIdentifier.describe('Its resource identifier: the URL MCP clients connect to.'),
    authorizationServer: issuerUrl
      .optional()
      .describe('The issuer whose tokens it takes; authserver.issuer where none is given.'),
    tools: z
      .record(label, scopeToken)
      .optional()
      .describe('The scope each tool needs; taken from authserver.resources where none are given.'),
    signOnByTool: z
      .record(label, signOnDemand)
      .default({})
      .describe('What a call of a tool asks of the sign-on; otherwise the answer is 401 and says so.'),
    dpopRequired: z
      .boolean()
      .optional()
      .describe('Whether it takes tokens bound to a key alone; as in authserver.resources where not given.'),
    dpopNonces,
    open: z.boolean().default(false).describe('Also serve /open/mcp without any token, for protocol conformance runs.'),
  })
  .meta({ id: 'McpServer', description: 'The sample MCP server.' });

/** The sample AI app, and the call it makes when everything is up. */
export const sampleApp = z
  .strictObject({
    listen: listenAddress.default('127.0.0.1:4704').describe('The address this process binds.'),
    client: clientIdentifier.describe('The id of the client app it is.'),
    person: label.describe('Who signs on when the world starts.'),
    password: secret.optional().describe('Only where that person is not in idp.people.'),
    idp: issuerUrl.optional().describe('idp.issuer where none is given.'),
    atResourceServer: z
      .strictObject({ issuer: issuerUrl, id: clientIdentifier, auth: resourceClientAuth })
      .optional()
      .describe('Its registration at the authorization server; found in authserver.clients where none is given.'),
    call: z.strictObject({
      server: resourceIdentifier.optional().describe('mcpServer.resource where none is given.'),
      tool: label.describe('The tool to call.'),
      arguments: z.record(z.string(), z.json()).default({}).describe('What to call it with.'),
      scopes: z
        .array(scopeToken)
        .optional()
        .describe('What to ask for; what the server challenges for where none are given.'),
    }),
  })
  .meta({ id: 'SampleApp', description: 'The sample AI app.' });
