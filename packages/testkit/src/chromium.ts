import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/**
 * Starts the Chromium that the npm package brings, headless, with nothing installed on the machine.
 *
 * The browser and the shared libraries that a bare system lacks are unpacked once into `.cache` at the repository root.
 * Background networking is off, so that every connection the browser opens was caused by the page under test.
 */
export async function launchChromium(): Promise<Browser> {
  const home = await unpackedChromium();
  return chromium.launch({
    executablePath: join(home, 'chromium'),
    headless: true,
    env: {
      ...process.env,
      HOME: home,
      FONTCONFIG_PATH: join(home, 'fonts'),
      LD_LIBRARY_PATH: join(home, 'al2023', 'lib'),
    },
    args: [
      '--headless=shell',
      '--no-sandbox', // the sandbox of Chromium does not start as root
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-domain-reliability',
      '--no-first-run',
      '--no-pings',
    ],
  });
}

const repositoryRoot = join(import.meta.dirname, '..', '..', '..');

/** Unpacks beside the target and renames, so that parallel test files never see half a browser. */
async function unpackedChromium(): Promise<string> {
  const packageFile = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const archives = join(dirname(packageFile), '..', 'bin');
  const home = join(repositoryRoot, '.cache', `chromium-${await chromiumVersion(archives)}`);
  if (await isComplete(home)) return home;

  await mkdir(dirname(home), { recursive: true });
  const fresh = await mkdtemp(`${home}-`);
  await inflateInto(fresh, archives);
  await writeFile(join(fresh, 'fonts', 'fonts.conf'), fontConfiguration(home));
  try {
    await rename(fresh, home);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!(await isComplete(home))) throw error;
  }
  return home;
}

async function isComplete(home: string): Promise<boolean> {
  const names: readonly string[] = await readdir(home).catch(() => []);
  return names.includes('chromium') && names.includes('al2023') && names.includes('fonts');
}

async function chromiumVersion(archives: string): Promise<string> {
  const { default: manifest } = await import(join(archives, '..', 'package.json'), { with: { type: 'json' } });
  return (manifest as { version: string }).version;
}

/** Without a font that it can find the browser stops at the first text, and the file in the package names other folders. */
function fontConfiguration(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(home, 'fonts')}</dir>
  <cachedir>${join(home, 'fonts-cache')}</cachedir>
</fontconfig>
`;
}

/** The package unpacks into the directory for temporary files, which is read from the environment at each call. */
async function inflateInto(target: string, archives: string): Promise<void> {
  const { inflate } = await import('@sparticuz/chromium');
  const before = process.env.TMPDIR;
  process.env.TMPDIR = target;
  try {
    const names = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'];
    await Promise.all(names.map((name) => inflate(join(archives, name))));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
