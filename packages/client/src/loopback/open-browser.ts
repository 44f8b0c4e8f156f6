import { spawn } from 'node:child_process';
import { isOpenableAddress } from '../address.ts';
import { CrossgrantError } from '../errors.ts';
import { withoutQuery } from '../oauth-error.ts';

/** Starts a program with arguments, without a shell. */
export type Launch = (program: string, args: readonly string[]) => void;

/**
 * Opens an address in the browser of the person.
 *
 * The address came from a server: it is one argument of a program and never part of a command line, and only web
 * addresses are handed on, since the system starts other things for other schemes.
 */
export function openBrowser(
  address: string,
  platform: NodeJS.Platform = process.platform,
  launch: Launch = launchDetached,
): void {
  if (!isOpenableAddress(address)) throw refused(address); // LES-92
  const url = new URL(address).href;
  const [program, ...args] = openers[platform] ?? (openers.linux as readonly string[]);
  launch(program as string, [...args, url]);
}

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  linux: ['xdg-open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'], // `start` would be a command of the shell
};

function launchDetached(program: string, args: readonly string[]): void {
  const child = spawn(program, args, { shell: false, stdio: 'ignore', detached: true });
  child.on('error', () => undefined); // no browser: the caller shows the address, and the sign-on times out
  child.unref();
}

function refused(address: string): CrossgrantError {
  return new CrossgrantError('browser_refused', 'sign_on', { cause: { address: withoutQuery(address) } });
}
