export { createUnmanagedClient, type UnmanagedClient } from './client.ts';
export type { AssertionGrant, CodeGrant, UnmanagedOptions, UnmanagedRegistration } from './options.ts';
