import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A template of the corpus: what it asks for, as the program `fields` of the crate `form` lists it. */
export interface Asked {
  name: string;
  values: Record<string, unknown>;
  pages: { page: number; fields: [string, string][] }[];
  broken: { path: string; why: string; enterable: boolean; values: Record<string, unknown> }[];
}

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const CORPUS = process.env.PORTICO_CORPUS ?? join(ROOT, '../shared/corpus');

const MANIFEST = join(CORPUS, 'templates-manifest.jsonl');

export const hasCorpus = existsSync(MANIFEST);

/** What `listed` calls the templates, in its order: known before anything is built. */
export function called(): string[] {
  const lines = readFileSync(MANIFEST, 'utf8').split('\n').filter(Boolean);
  const files = lines.map((line) => JSON.parse(line) as { repo: string; path: string; names: string[] });
  return files.flatMap(({ repo, path, names }) => names.map((name) => `${repo}/${path} ${name}`));
}

/** What came of the form of a template. */
export interface Outcome {
  template: string;
  /** Whether the page shows the fields of the schema. */
  equal: boolean;
  fields: number;
  /** Broken values that a control takes, and those of them that the browser refuses. */
  entered: number;
  refused: number;
  /** Broken values sent to the server, and those of them that it refuses. */
  sent: number;
  refusedThere: number;
  complaints: number;
}

/** Where what came of each template is written down: a template that is tried again replaces what was there. */
export function note(folder: string, number: number, outcome: Outcome): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${number}.json`), JSON.stringify(outcome));
}

/** All that was written down, in a line. */
export function summed(folder: string): string {
  const all = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Outcome);
  const sum = (of: (outcome: Outcome) => number) => all.reduce((total, outcome) => total + of(outcome), 0);
  return [
    `${sum(({ equal }) => Number(equal))} of ${all.length} forms show the fields of their schema, ${sum(({ fields }) => fields)} fields`,
    `${sum(({ refused }) => refused)} of ${sum(({ entered }) => entered)} broken inputs refused in the browser, ${sum(({ refusedThere }) => refusedThere)} of ${sum(({ sent }) => sent)} on the server`,
    `${sum(({ complaints }) => complaints)} console errors`,
  ].join('; ');
}

/** Lists all templates, once a run: the workers of one find the list in `kept`. Builds the program that does. */
export function listed(kept: string): Asked[] {
  const read = (text: string) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Asked);
  if (existsSync(kept)) return read(readFileSync(kept, 'utf8'));
  const args = ['run', '--quiet', '-p', 'form', '--features', 'native', '--example', 'fields'];
  const out = execFileSync('cargo', args, { cwd: ROOT, maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORTICO_CORPUS: CORPUS } });
  // Whole or not at all: another worker may be reading.
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(`${kept}.${process.pid}`, out);
  renameSync(`${kept}.${process.pid}`, kept);
  return read(out.toString());
}

/** Copies templates into a folder, each under a name of its own, since many of the corpus have the same; gives the paths of their descriptors. */
export function copied(templates: Asked[], folder: string): string[] {
  return templates.map((template, number) => {
    const file = template.name.slice(0, template.name.lastIndexOf(' '));
    const name = template.name.slice(template.name.lastIndexOf(' ') + 1);
    const repo = file.split('/')[0] ?? '';
    const into = join(folder, String(number));
    cpSync(join(CORPUS, 'templates', repo), join(into, repo), { recursive: true });
    const path = join(into, file);
    const text = readFileSync(path, 'utf8');
    const named = new RegExp(`^(\\s+name:\\s*)["']?${name.replaceAll('.', '\\.')}["']?\\s*$`, 'm');
    // In the metadata alone, of the document that is meant: parameters have names and namespaces as well.
    const own = text.replaceAll(/^metadata:.*\n(?:[ \t]+.*\n|#.*\n|\r?\n)*/gm, (metadata) =>
      named.test(metadata) ? metadata.replace(named, `$1corpus-${number}`).replace(/^(\s+)namespace:.*$/m, '$1namespace: default') : metadata,
    );
    writeFileSync(path, own);
    return path;
  });
}
