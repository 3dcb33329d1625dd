import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerFaulty } from './faulty.ts';
import { cookieHeader, signIn } from './sign-in.mjs';

const START_SECONDS = 60;

/** The browser by which the portal looks at pages of contributors. */
const CHROMIUM = process.env.PORTICO_CHROMIUM ?? '/usr/bin/chromium';

/** The binary under test: the one that `script/build` makes, unless PORTICO_BIN names another. */
function binary(): string {
  const cache = process.env.PORTICO_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'portico');
  const target = process.env.CARGO_TARGET_DIR ?? join(cache, 'target');
  const path = process.env.PORTICO_BIN ?? join(target, 'release', 'portico');
  if (!existsSync(path)) throw new Error(`${path} is missing. Build it with script/build, or name another in PORTICO_BIN.`);
  return path;
}

/** The environment without what a developer has set for an own Portico, its database above all. */
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PORTICO_')));

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

export interface Portico {
  url: string;
  /** Who is signed in: a file for Playwright's `storageState`. */
  state: string;
  /** What it has written so far, for messages. */
  log(): string;
  stop(): Promise<void>;
}

/** Writes what is to be registered into a folder, and has folders in it read. */
export type Prepare = (dir: string, read: (location: string, ...flags: string[]) => void) => void;

const EXAMPLE_AND_FAULTY: Prepare = (dir, read) => registerFaulty(join(dir, 'regulatory-reporting'), read);

/**
 * Starts the real binary on a free port, and waits until it is ready: with the example bank and a faulty location, or with what `prepare` registers besides it.
 * Pages of contributors are looked at where it `looks`: that takes a browser of its own, so that it is for those who need it. `settings` is a
 * configuration file for the example bank.
 * With a `config` (the text of a configuration file, for a portal at that address) it serves what `prepare` registers alone, and nobody is signed in.
 */
export async function startPortico(prepare?: Prepare, config?: (url: string) => string, looks = Boolean(process.env.PORTICO_SCREENS), settings = ''): Promise<Portico> {
  // Its name is in the pictures.
  const dir = mkdtempSync(join(tmpdir(), process.env.PORTICO_SCREENS ? 'meridian-' : 'portico-e2e-'));
  const data = join(dir, 'data');
  try {
    (prepare ?? EXAMPLE_AND_FAULTY)(dir, (location, ...flags) => {
      execFileSync(binary(), ['import', location, ...flags, '--data-dir', data], { env: ENV, stdio: 'pipe' });
    });
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  const logFile = join(dir, 'server.log');
  const address = `127.0.0.1:${await freePort()}`;
  const out = openSync(logFile, 'a');
  const url = `http://${address}`;
  const configFile = join(dir, 'portico.toml');
  const configured = config?.(url) ?? settings;
  if (configured) writeFileSync(configFile, configured);
  const child: ChildProcess = spawn(binary(), ['serve', ...(config ? [] : ['--example']), '--addr', address, '--data-dir', data], {
    env: { ...ENV, ...(configured ? { PORTICO_CONFIG: configFile } : {}), PORTICO_CHROMIUM: looks ? CHROMIUM : '/nonexistent/chromium' },
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('exit', (code, signal) => resolve(`exit ${code ?? signal}`));
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const log = () => readFileSync(logFile, 'utf8');
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(kill, 10_000);
    await exited;
    clearTimeout(late);
    process.off('exit', kill);
    rmSync(dir, { recursive: true, force: true });
  };

  let ended: string | undefined;
  void exited.then((how) => (ended = how));
  for (const deadline = Date.now() + START_SECONDS * 1000; Date.now() < deadline; ) {
    if (ended) break;
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then((r) => r.ok, () => false);
    if (ready) return { url, state: config ? '' : await signedIn(url, dir), log, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const said = log();
  const why = ended ? `ended (${ended})` : `was not ready within ${START_SECONDS} s`;
  await stop();
  throw new Error(`portico serve ${why}. It said:\n${said}`);
}

async function signedIn(url: string, dir: string): Promise<string> {
  const state = join(dir, 'signed-in.json');
  writeFileSync(state, JSON.stringify({ cookies: await signIn(url), origins: [] }));
  return state;
}

/** Waits until the templates of the example bank can be used: each has its first version soon after the start. */
async function published(url: string): Promise<void> {
  const headers = { cookie: await cookieHeader(url) };
  for (const name of ['payment-service', 'public-website', 'shared-library']) {
    for (const deadline = Date.now() + START_SECONDS * 1000; ; ) {
      const { status } = await fetch(`${url}/create/templates/default/${name}/form`, { headers });
      if (status === 200) break;
      if (Date.now() > deadline) throw new Error(`The form of ${name} is answered ${status} a minute after the start`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** One server for all tests of a run. PORTICO_URL names one that already runs instead, with the same data. */
export default async function globalSetup(): Promise<(() => Promise<void>) | void> {
  if (process.env.PORTICO_URL) {
    const dir = mkdtempSync(join(tmpdir(), 'portico-e2e-'));
    process.env.PORTICO_STATE = await signedIn(process.env.PORTICO_URL, dir);
    return async () => rmSync(dir, { recursive: true, force: true });
  }
  const portico = await startPortico();
  await published(portico.url);
  process.env.PORTICO_URL = portico.url;
  process.env.PORTICO_STATE = portico.state;
  return portico.stop;
}
