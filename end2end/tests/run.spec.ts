import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actAs, begin, choose } from '../support/create.ts';
import { cookieHeader } from '../support/sign-in.mjs';
import { expect, test, tookOver, type Page } from '../support/test.ts';

const PEOPLE = { hydrated: 'user:default/elena.petrova', plain: 'user:default/aiko.tanaka' };

/** A template of the example bank: how its form is filled in, page by page, and what its repository then holds. */
interface Journey {
  template: string;
  /** The owner of the repository. */
  owner: string;
  pages: ((page: Page, name: string, hydrated: boolean) => Promise<void>)[];
  files: (name: string) => Record<string, string | RegExp>;
}

const where = (owner: string) => async (page: Page, name: string) => {
  await page.locator('[id="f/repoUrl~owner"]').fill(owner);
  await page.locator('[id="f/repoUrl~repo"]').fill(name);
};

const JOURNEYS: Journey[] = [
  {
    template: 'payment-service',
    owner: 'instant-payments',
    pages: [
      async (page, name, hydrated) => {
        await page.locator('[id="f/name"]').fill(name);
        await page.locator('[id="f/description"]').fill('Says "yes" in time');
        await choose(page, 'owner', 'instant', /Instant Payments/, 'group:default/instant-payments', hydrated);
      },
      where('instant-payments'),
    ],
    files: (name) => ({
      'Cargo.toml': `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2024"\n`,
      'src/main.rs': `fn main() {\n    println!("${name} is ready");\n}\n`,
      'README.md': `# ${name}\n\nSays "yes" in time\n\nOwned by \`group:default/instant-payments\`. Run it with \`cargo run\`, test it with \`cargo test\`.\n`,
      'catalog-info.yaml': /dependsOn: \[resource:default\/postgres-platform\]/,
    }),
  },
  {
    template: 'shared-library',
    owner: 'core-ledger',
    pages: [
      async (page, name, hydrated) => {
        await page.locator('[id="f/name"]').fill(name);
        await page.locator('[id="f/description"]').fill('Adds amounts.');
        await choose(page, 'owner', 'core', /Core Ledger/, 'group:default/core-ledger', hydrated);
      },
      async (page) => page.getByRole('checkbox', { name: 'The whole bank' }).check(),
    ],
    files: (name) => ({
      'Cargo.toml': new RegExp(`name = "${name}"`),
      'src/lib.rs': '//! Adds amounts.\n',
      'README.md': /For: team, bank\./,
      'docs/index.md': new RegExp(`cargo add ${name}`),
      'mkdocs.yml': new RegExp(`site_name: ${name}`),
      'catalog-info.yaml': /lifecycle: experimental/,
    }),
  },
  {
    template: 'public-website',
    owner: 'web-banking',
    pages: [
      async (page, name, hydrated) => {
        await page.locator('[id="f/name"]').fill(name);
        await page.getByRole('textbox', { name: /^Title/ }).fill('Savings & <loans>');
        await choose(page, 'owner', 'web', /Web Banking/, 'group:default/web-banking', hydrated);
      },
      async () => {},
      where('web-banking'),
    ],
    files: () => ({
      'site/index.html': /<h1>Savings &amp; &lt;loans&gt;<\/h1>/,
      'site/about.html': /<h1>About us<\/h1>/,
      'README.md': /^# Savings & <loans>/,
      'catalog-info.yaml': /title: "Savings & <loans>"/,
    }),
  },
];

for (const { template, owner, pages, files } of JOURNEYS) {
  test(`${template} leads from its form to a repository and an entity`, async ({ page, hydrated, accessible, baseURL }, info) => {
    test.slow();
    const who = PEOPLE[hydrated ? 'hydrated' : 'plain'];
    const name = `e2e-${template}-${info.project.name}-${Date.now().toString(36)}`.slice(0, 41);
    await actAs(page.context(), baseURL!, who);
    await begin(page, `/create/templates/default/${template}/form`, hydrated);
    for (const [number, fill] of pages.entries()) {
      await fill(page, name, hydrated);
      const last = number === pages.length - 1;
      await page.getByRole('button', { name: last ? 'Review' : 'Continue' }).last().click();
      await expect(page).toHaveURL(last ? /page=review/ : new RegExp(`page=${number + 2}`));
      if (hydrated) await tookOver(page);
    }
    await expect(page.getByRole('heading', { level: 2, name: 'What will happen' })).toBeVisible();
    await accessible();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await expect(page).toHaveURL(/\/create\/runs\/[0-9a-f-]{36}$/);
    await expect(async () => {
      if (!hydrated) await page.reload();
      await expect(page.locator('.pk-badge').filter({ hasText: 'Completed' }).first()).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
    if (hydrated) await tookOver(page);
    await accessible();

    // The repository is cloned over HTTP by whoever is signed in, and holds one commit with what the skeleton says.
    const folder = mkdtempSync(join(tmpdir(), 'portico-clone-'));
    try {
      const header = `http.extraHeader=Cookie: ${await cookieHeader(baseURL!, who)}`;
      const clone = join(folder, name);
      execFileSync('git', ['-c', header, 'clone', '--quiet', `${baseURL}/api/templates/repositories/${owner}/${name}.git`, clone], { stdio: 'pipe' });
      expect(execFileSync('git', ['-C', clone, 'rev-list', '--count', '--all'], { encoding: 'utf8' }).trim()).toBe('1');
      const expected = files(name);
      const listed = execFileSync('git', ['-C', clone, 'ls-files'], { encoding: 'utf8' }).trim().split('\n');
      expect(listed.sort()).toEqual(Object.keys(expected).sort());
      for (const [path, content] of Object.entries(expected)) {
        expect(statSync(join(clone, path)).isFile()).toBe(true);
        const text = readFileSync(join(clone, path), 'utf8');
        if (typeof content === 'string') expect(text).toBe(content);
        else expect(text).toMatch(content);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }

    await page.getByRole('link', { name: 'Open in the catalog' }).click();
    await expect(page).toHaveURL(new RegExp(`/catalog/default/component/${name}`));
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  });
}
