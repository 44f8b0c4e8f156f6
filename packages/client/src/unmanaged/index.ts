export {
  type AssertionGrant,
  type CodeGrant,
  createUnmanagedClient,
  type UnmanagedClient,
  type UnmanagedOptions,
  type UnmanagedRegistration,
} from './client.ts';
